package detangle.backend.vector.amx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

@SuppressWarnings("restricted") // The test calls what it has written.
class ExecutableMemoryTest {
    private static final FunctionDescriptor NUMBER = FunctionDescriptor.of(ValueLayout.JAVA_LONG);

    @BeforeEach
    void isLinux() {
        assumeTrue(new ThisMachine().system().equals(ThisMachine.SYSTEM), "memory is mapped as Linux does it");
    }

    private static Optional<String> mapping(MemorySegment pages) throws IOException {
        String begin = Long.toHexString(pages.address()) + "-";
        return Files.readAllLines(Path.of("/proc/self/maps")).stream()
                .map(line -> line.replaceFirst("^0+", ""))
                .filter(line -> line.startsWith(begin))
                .findFirst();
    }

    @Test
    void codeRunsFromPagesThatCannotBeWritten() throws Throwable {
        byte[] code = new Assembler().move(Assembler.Register.RAX, 4711).ret().bytes();
        MemorySegment pages;
        MethodHandle call;
        try (Arena arena = Arena.ofConfined()) {
            pages = ExecutableMemory.write(code, arena);
            call = Linker.nativeLinker().downcallHandle(pages, NUMBER);
            assertEquals(4711, (long) call.invokeExact());
            assertEquals("r-xp", mapping(pages).orElseThrow().split(" ")[1]);
        }
        assertThrows(IllegalStateException.class, () -> {
            long unused = (long) call.invokeExact();
        });
        // Other threads may have mapped something else there since.
        assertFalse(mapping(pages).filter(line -> line.contains("r-xp")).isPresent());
    }

    @Test
    void codeOfSeveralPagesIsWritten() throws Exception {
        byte[] code = new byte[9000];
        code[8999] = (byte) 0xC3;
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment pages = ExecutableMemory.write(code, arena);
            assertEquals(12288, pages.byteSize());
            assertTrue(pages.get(ValueLayout.JAVA_BYTE, 8999) == (byte) 0xC3);
        }
    }
}
