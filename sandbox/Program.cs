return await Tandem.Sandbox.Verbs.RunAsync(args);
