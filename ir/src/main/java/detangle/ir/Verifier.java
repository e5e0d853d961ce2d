package detangle.ir;

import detangle.ir.Program.Output;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Checks a program against every constraint of docs/IR.md and reports all that it breaks. */
public final class Verifier {
    private Verifier() {}

    /** All errors, in program order; empty for a valid program. */
    public static List<Diagnostic> verify(Program program) {
        List<Diagnostic> errors = new ArrayList<>();
        Set<String> inputNames = new HashSet<>();
        for (Node input : program.inputs()) {
            boolean valid = input.op() instanceof TensorOp.Input(String name, var type) && inputNames.add(name);
            if (!valid) {
                report(errors, input, Constraint.INPUT_C1, "an input is no input, or its name is taken");
            }
        }
        for (Node node : program.nodes()) {
            if (node.op() instanceof TensorOp.Input && program.inputs().stream().noneMatch(i -> i == node)) {
                report(errors, node, Constraint.INPUT_C1, "the program does not list it");
            }
            verify(node, errors);
        }
        Set<String> outputNames = new HashSet<>();
        for (Output output : program.outputs()) {
            if (!outputNames.add(output.name())) {
                report(errors, output.node(), Constraint.OUTPUT_C1, "the output " + output.name() + " occurs twice");
            }
        }
        return errors;
    }

    /** An {@link IrException} with the first error and the number of the others, if there are any. */
    public static void check(Program program) {
        List<Diagnostic> errors = verify(program);
        if (!errors.isEmpty()) {
            int others = errors.size() - 1;
            throw new IrException(errors.getFirst() + (others == 0 ? "" : " (and " + others + " more)"));
        }
    }

    private static void verify(Node node, List<Diagnostic> errors) {
        List<TensorType> operands = node.inputs().stream().map(Node::type).toList();
        Inference.Result result = Inference.infer(node.op(), operands);
        for (Violation violation : result.violations()) {
            report(errors, node, violation.constraint(), violation.detail());
        }
        result.type()
                .filter(t -> !t.equals(node.type()))
                .ifPresent(
                        t -> report(errors, node, Constraint.NODE_TYPE, "declared " + node.type() + ", inferred " + t));
    }

    private static void report(List<Diagnostic> errors, Node node, Constraint constraint, String detail) {
        String name = node.name().isEmpty() ? node.toString() : "%" + node.name();
        errors.add(new Diagnostic(node.location(), constraint, detail + " in " + name));
    }
}
