package detangle.ir;

import detangle.ir.Program.Output;
import detangle.ir.Program.Update;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.UnaryOperator;

/**
 * Checks a program against every constraint of docs/IR.md and reports what it breaks, up to {@value #MAX_ERRORS}
 * times.
 */
public final class Verifier {
    private static final int MAX_ERRORS = 100;

    private final Program program;
    private final Checked checked;
    private final List<Diagnostic> errors = new ArrayList<>();

    /** Programs share the few sizes that they have, and most are looked at once. */
    private final Set<Dim> known = Collections.newSetFromMap(new IdentityHashMap<>());

    /**
     * The nodes of valid programs. Nodes never change, so that what is checked of a node by itself holds in each
     * program that has at least the same symbols: programs that follow from each other, as those between passes do,
     * share most nodes.
     */
    public static final class Checked {
        private final Set<Node> nodes = Collections.newSetFromMap(new IdentityHashMap<>());

        /** The symbols that the programs' inputs bind. */
        private Set<String> bound = Set.of();

        /** None yet. */
        public Checked() {}

        private void begin(Set<String> symbols) {
            if (!symbols.containsAll(bound)) {
                nodes.clear();
            }
            bound = symbols;
        }
    }

    private Verifier(Program program, Checked checked) {
        this.program = program;
        this.checked = checked;
    }

    /** Returns the errors, in program order; empty for a valid program. */
    public static List<Diagnostic> verify(Program program) {
        return verify(program, new Checked());
    }

    private static List<Diagnostic> verify(Program program, Checked checked) {
        Verifier verifier = new Verifier(program, checked);
        verifier.verify();
        if (verifier.errors.isEmpty()) {
            checked.nodes.addAll(program.nodes());
        }
        return verifier.errors.subList(0, Math.min(MAX_ERRORS, verifier.errors.size()));
    }

    /**
     * Checks a program.
     *
     * @throws IrException if there are errors; it states the first one and the number of the others
     */
    public static void check(Program program) {
        check(verify(program));
    }

    /**
     * Checks a program as {@link #check(Program)} does. The program has come to a level and may hold what that level's
     * table names.
     */
    public static void check(Program program, Level level) {
        check(program);
        level.check(program);
    }

    /**
     * Checks a program as {@link #check(Program, Level)} does. The program follows from others, which have been
     * checked.
     *
     * @param checked the nodes of those, to which the nodes of this one are added
     */
    public static void check(Program program, Level level, Checked checked) {
        check(verify(program, checked));
        level.check(program);
    }

    static void check(List<Diagnostic> errors) {
        if (!errors.isEmpty()) {
            int others = errors.size() - 1;
            throw new IrException(errors.getFirst() + (others == 0 ? "" : " (and " + others + " more)"));
        }
    }

    private void verify() {
        Set<String> inputNames = new HashSet<>();
        Set<Node> listed = Collections.newSetFromMap(new IdentityHashMap<>());
        Set<String> bound = new HashSet<>();
        for (Node input : program.inputs()) {
            boolean valid = input.op() instanceof TensorOp.Input(String name, var type) && inputNames.add(name);
            if (!valid) {
                report(input, Constraint.INPUT_C1, "an input is not an input operation, or its name is taken");
            }
            listed.add(input);
            input.shape().dims().forEach(dim -> dim.asSymbol().ifPresent(bound::add));
        }
        checked.begin(bound);
        Map<String, TensorType> parameters = new HashMap<>();
        for (Node node : program.nodes()) {
            if (errors.size() >= MAX_ERRORS) {
                return;
            }
            if (node.op() instanceof TensorOp.Input && !listed.contains(node)) {
                report(node, Constraint.INPUT_C1, "the program does not list it");
            }
            parameter(node, parameters);
            if (!checked.nodes.contains(node)) {
                types(node);
                sizes(node);
                symbols(node, bound);
            }
        }
        Set<String> outputNames = new HashSet<>();
        for (Output output : program.outputs()) {
            if (!outputNames.add(output.name())) {
                report(output.node(), Constraint.OUTPUT_C1, "the output " + output.name() + " occurs twice");
            }
        }
        updates();
    }

    private void updates() {
        Set<String> updated = new HashSet<>();
        for (Update update : program.updates()) {
            if (!(update.parameter().op() instanceof TensorOp.Param(String name, var type))) {
                report(update.parameter(), Constraint.UPDATE_C1, "there is an update of what is not a parameter");
                continue;
            }
            if (!updated.add(name)) {
                report(update.value(), Constraint.UPDATE_C2, "'" + name + "' is updated twice");
            }
            if (!update.value().type().equals(type)) {
                report(
                        update.value(),
                        Constraint.UPDATE_C3,
                        "'" + name + "' is " + type + " and cannot become "
                                + update.value().type());
            }
        }
    }

    private void parameter(Node node, Map<String, TensorType> parameters) {
        if (node.op() instanceof TensorOp.Param(String name, var type)) {
            TensorType other = parameters.putIfAbsent(name, type);
            if (other != null && !other.equals(type)) {
                report(node, Constraint.PARAM_C1, "'" + name + "' is " + other + " elsewhere");
            }
        }
    }

    private void types(Node node) {
        List<TensorType> operands = node.inputs().stream().map(Node::type).toList();
        Inference.Result result = Inference.infer(node.op(), operands);
        for (Violation violation : result.violations()) {
            report(node, violation.constraint(), violation.detail());
        }
        result.type()
                .filter(t -> !t.equals(node.type()))
                .ifPresent(t -> report(node, Constraint.NODE_TYPE, "declared " + node.type() + ", inferred " + t));
    }

    /** Whoever reserves memory multiplies these, so that nothing may overflow there. */
    private void sizes(Node node) {
        for (Dim dim : node.shape().dims()) {
            if (dim.isStatic() && dim.size() < 0) {
                report(node, Constraint.SIZE_C1, "a size of " + node.type() + " is negative");
                return;
            }
        }
        try {
            node.shape().elements().times(node.type().dtype().bytes());
        } catch (SizeException e) {
            report(node, Constraint.SIZE_C1, e.getMessage());
        }
    }

    private void symbols(Node node, Set<String> bound) {
        Set<String> unbound = new TreeSet<>();
        UnaryOperator<Dim> look = dim -> {
            if (!known.contains(dim)) {
                Set<String> missing = dim.symbols();
                missing.removeAll(bound);
                unbound.addAll(missing);
                if (missing.isEmpty()) {
                    known.add(dim);
                }
            }
            return dim;
        };
        node.shape().dims().forEach(look::apply);
        OpDims.map(node.op(), look);
        if (!unbound.isEmpty()) {
            report(node, Constraint.SYMBOL_C1, "no input has an axis of the size " + String.join(", ", unbound));
        }
    }

    private void report(Node node, Constraint constraint, String detail) {
        String name = node.name().isEmpty() ? node.toString() : "%" + node.name();
        errors.add(new Diagnostic(node.location(), constraint, OneLine.of(detail + " in " + name)));
    }
}
