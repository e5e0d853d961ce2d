package detangle.backend.vector.amx;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Finds out whether this process can use the matrix unit. */
public final class MatrixUnits {
    /** What a processor and its system must have: tiles, products of bfloat16, and the rounding of rows to them. */
    private static final List<String> FLAGS = List.of("amx_tile", "amx_bf16", "avx512_bf16");

    private MatrixUnits() {}

    /** The answer. */
    public sealed interface Answer {
        /** The processor's tiles, ready to be used by all threads. */
        record Present(MatrixUnit unit) implements Answer {}

        /** @param why there are none, for people, as a part of a sentence */
        record Absent(String why) implements Answer {}
    }

    /** What is asked of a machine, in this order. */
    interface Machine {
        /** Returns the system and the processor's kind, such as {@code Linux on amd64}. */
        String system();

        /** Returns the flags of the processor, as Linux names them. */
        Set<String> flags();

        /** Returns what java has to be started with so that native access is granted; empty if it is. */
        String nativeAccess();

        /** Asks for the permission to use tiles; returns the error, or nothing. */
        String permission();

        /** Writes the kernels. */
        MatrixUnit kernels() throws ExecutableMemory.RefusedException;
    }

    /** Asks once in a process. */
    private static final class OfProcess {
        private static final Answer ANSWER = probe(new ThisMachine());
        private static final MatrixUnit UNIT =
                ANSWER instanceof Answer.Present(MatrixUnit unit) ? unit : new JavaTiles();
    }

    /** Returns whether this process can use the matrix unit. */
    public static Answer answer() {
        return OfProcess.ANSWER;
    }

    /** Returns the processor's unit, or the one in Java where there is none. */
    public static MatrixUnit unit() {
        return OfProcess.UNIT;
    }

    static Answer probe(Machine machine) {
        if (!machine.system().equals(ThisMachine.SYSTEM)) {
            return new Answer.Absent("it is used under " + ThisMachine.SYSTEM + ", and this is " + machine.system());
        }
        List<String> lacking = new ArrayList<>(FLAGS);
        lacking.removeAll(machine.flags());
        if (!lacking.isEmpty()) {
            return new Answer.Absent("the processor, or the system, lacks " + String.join(", ", lacking));
        }
        String option = machine.nativeAccess();
        if (!option.isEmpty()) {
            return new Answer.Absent("native access is not granted: start java with " + option);
        }
        String refusal = machine.permission();
        if (!refusal.isEmpty()) {
            return new Answer.Absent("the system does not permit tiles: arch_prctl answers " + refusal);
        }
        try {
            MatrixUnit unit = machine.kernels();
            return TileCheck.agrees(unit)
                    ? new Answer.Present(unit)
                    : new Answer.Absent("its products differ from those of its description");
        } catch (ExecutableMemory.RefusedException e) {
            return new Answer.Absent(
                    "the system does not let code be executed that was written here: " + e.getMessage());
        }
    }
}
