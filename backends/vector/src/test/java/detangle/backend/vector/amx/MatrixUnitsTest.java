package detangle.backend.vector.amx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import detangle.backend.vector.amx.MatrixUnits.Answer;
import java.lang.foreign.Arena;
import java.util.Set;
import org.junit.jupiter.api.Test;

class MatrixUnitsTest {
    private static final Set<String> FLAGS = Set.of("fpu", "amx_tile", "amx_bf16", "amx_int8", "avx512_bf16");

    /** Kernels that are written, or refused. */
    private interface Kernels {
        MatrixUnit get() throws ExecutableMemory.RefusedException;
    }

    private record Machine(String system, Set<String> flags, String nativeAccess, String permission, Kernels emitted)
            implements MatrixUnits.Machine {
        @Override
        public MatrixUnit kernels() throws ExecutableMemory.RefusedException {
            return emitted.get();
        }
    }

    private static void absent(String why, Machine machine) {
        assertEquals(new Answer.Absent(why), MatrixUnits.probe(machine));
    }

    private static MatrixUnit never() {
        throw new AssertionError("asked too early");
    }

    @Test
    void saysWhyThereIsNone() {
        absent(
                "it is used under Linux on amd64, and this is Mac OS X on aarch64",
                new Machine("Mac OS X on aarch64", FLAGS, "", "", MatrixUnitsTest::never));
        absent(
                "the processor, or the system, lacks amx_tile, amx_bf16",
                new Machine("Linux on amd64", Set.of("avx512_bf16"), "", "", MatrixUnitsTest::never));
        absent(
                "native access is not granted: start java with --enable-native-access=detangle.backend.vector",
                new Machine(
                        "Linux on amd64",
                        FLAGS,
                        "--enable-native-access=detangle.backend.vector",
                        "",
                        MatrixUnitsTest::never));
        absent(
                "the system does not permit tiles: arch_prctl answers EPERM (not permitted)",
                new Machine("Linux on amd64", FLAGS, "", "EPERM (not permitted)", MatrixUnitsTest::never));
        absent(
                "the system does not let code be executed that was written here: mprotect answers EACCES (access denied)",
                new Machine("Linux on amd64", FLAGS, "", "", () -> {
                    throw new ExecutableMemory.RefusedException("mprotect answers EACCES (access denied)");
                }));
    }

    @Test
    void aUnitIsTakenIfItsProductsAreThoseOfJava() throws Exception {
        try (Arena arena = Arena.ofConfined()) {
            MatrixUnit emulated = EmulatedTiles.in(arena);
            Answer answer = MatrixUnits.probe(new Machine("Linux on amd64", FLAGS, "", "", () -> emulated));
            assertEquals(
                    emulated, assertInstanceOf(Answer.Present.class, answer).unit());
        }
        absent(
                "its products differ from those of its description",
                new Machine("Linux on amd64", FLAGS, "", "", WrongTiles::new));
    }

    /** A unit that computes nothing. */
    private static final class WrongTiles implements MatrixUnit {
        @Override
        public void run(TilePacking packing) {}

        @Override
        public void run(TileProduct product) {}
    }

    /** On this machine, whichever it is. */
    @Test
    void thisMachineHasAnAnswer() {
        switch (MatrixUnits.answer()) {
            case Answer.Present(MatrixUnit unit) -> assertEquals(unit, MatrixUnits.unit());
            case Answer.Absent(String why) -> assertInstanceOf(JavaTiles.class, MatrixUnits.unit(), why);
        }
    }
}
