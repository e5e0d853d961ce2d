package detangle.backend.vector;

import detangle.backend.MemoryPlan;
import detangle.backend.vector.VectorVariables.Variable;
import detangle.ir.Node;
import detangle.ir.Program.Update;
import detangle.ir.TensorOp;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Writes the variables at the end of a run, when nothing can fail any more. */
final class Updates {
    private final List<Replacement> replacements = new ArrayList<>();

    /** @param copied where the new value is, or empty where a late step has written it into the variable's own array */
    private record Replacement(Variable variable, Optional<FrameValue> copied) {}

    /**
     * Adds an update.
     *
     * @param value where the new value is; a value that is a variable's own may be replaced before it is read, and must
     *     be kept elsewhere
     */
    void add(Update update, MemoryPlan plan, VectorVariables variables, FrameValue value) {
        boolean inPlace = plan.late().contains(update.value())
                && plan.slot(update.value()).equals(plan.slot(update.parameter()));
        replacements.add(
                new Replacement(variables.get(update.name()), inPlace ? Optional.empty() : Optional.of(value)));
    }

    /**
     * Returns whether an update's value lives in the memory of a parameter, whichever that is, as the parameter itself
     * or a view of it.
     */
    static boolean isParameter(Node value) {
        Node viewed = value;
        while (MemoryPlan.isView(viewed)) {
            viewed = viewed.input(0);
        }
        return viewed.op() instanceof TensorOp.Param;
    }

    boolean isEmpty() {
        return replacements.isEmpty();
    }

    /** Writes the variables after the late steps. */
    void run(Frame frame) {
        for (Replacement replacement : replacements) {
            if (replacement.copied().isPresent()) {
                FrameValue value = replacement.copied().get();
                replacement.variable().set(frame.array(value), frame.offset(value));
            } else {
                replacement.variable().changed();
            }
        }
    }
}
