using System.Runtime.InteropServices;

namespace Tandem.Postgres.Processes;

/// <summary>A null-terminated array of C strings, as argv and envp are.</summary>
internal sealed unsafe class NativeStrings : IDisposable
{
    private readonly int count;

    public NativeStrings(IReadOnlyList<string> strings)
    {
        count = strings.Count;
        Pointer = (byte**)NativeMemory.AllocZeroed((nuint)(count + 1), (nuint)sizeof(nint));
        for (var i = 0; i < count; i++) Pointer[i] = (byte*)Marshal.StringToCoTaskMemUTF8(strings[i]);
    }

    public byte** Pointer { get; }

    public void Dispose()
    {
        for (var i = 0; i < count; i++) Marshal.FreeCoTaskMem((nint)Pointer[i]);
        NativeMemory.Free(Pointer);
    }
}
