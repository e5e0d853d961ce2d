package detangle.runtime;

import detangle.ir.Program;
import detangle.ir.Tensor;
import detangle.models.deberta.Architecture;
import detangle.models.deberta.AttentionMask;
import detangle.models.deberta.DebertaConfig;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * The parts that a session compiles.
 *
 * @param head what stands on the encoder; empty for a head of one's own
 * @param added parameters that the checkpoint does not hold, by name
 * @param program the model's program for a form of the mask
 * @param absolutePositions whether the model has a position for each place, so that no input may be longer than it has
 * @param stored programs that have been compiled before
 */
record SessionModel(
        DebertaConfig config,
        Optional<Architecture> head,
        Map<String, Tensor> added,
        Function<AttentionMask, Program> program,
        boolean absolutePositions,
        StoredPrograms stored) {

    /** Finds the program for a mask of tokens in an artifact. */
    @FunctionalInterface
    interface StoredPrograms {
        /** There are none. */
        StoredPrograms NONE = packed -> Optional.empty();

        /** @param packed whether padding is left out */
        Optional<Program> find(boolean packed);
    }
}
