package detangle.compiler.pass;

import detangle.compiler.LateNodes;
import detangle.compiler.Pass;
import detangle.ir.Builder;
import detangle.ir.DType;
import detangle.ir.KernelOp;
import detangle.ir.Level;
import detangle.ir.Node;
import detangle.ir.Program;
import detangle.ir.rewrite.Rewriter;
import detangle.ir.scalar.Region;
import detangle.ir.scalar.RegionTyping;
import detangle.ir.scalar.ScalarExpr;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Regions of one shape that only updates need, and that read each other or the same tensors, become one region with
 * several results. So an optimizer's step walks once over a parameter, its moments and its gradient, and writes all of
 * them where they are. Other regions stay as they are: joined, they would be computed earlier than they are read, and
 * take memory meanwhile.
 *
 * <pre>
 * %n = elementwise %m, %g {f(a0, a1)}        =>   %n = elementwise %m, %g, %p {f(a0, a1), h(a2, f(a0, a1))} {result=0}
 * %q = elementwise %p, %n {h(a0, a1)}             %q = elementwise %m, %g, %p {f(a0, a1), h(a2, f(a0, a1))} {result=1}
 * </pre>
 */
public final class JoinRegions implements Pass {
    /**
     * The most operands and results together, as many as a kernel for devices takes. An optimizer reads a few tensors and
     * some numbers, such as rates and corrections.
     */
    private static final int MAX_ARRAYS = 15;

    @Override
    public String name() {
        return "join-regions";
    }

    @Override
    public Level leaves(Level before) {
        return before;
    }

    @Override
    public Program run(Program program) {
        return new Joining(program).run();
    }

    /** Regions that become one. */
    private static final class Group {
        private final List<Node> members = new ArrayList<>();
        private final List<Node> operands = new ArrayList<>();
        private final Map<Node, ScalarExpr> bodies = new IdentityHashMap<>();
        private int parts;

        int operand(Node node) {
            for (int i = 0; i < operands.size(); i++) {
                if (operands.get(i) == node) {
                    return i;
                }
            }
            operands.add(node);
            return operands.size() - 1;
        }
    }

    /** The pass on one program. */
    private static final class Joining {
        private final Program program;
        private final List<Node> late;
        private final Set<Node> isLate = Collections.newSetFromMap(new IdentityHashMap<>());
        private final Map<Node, Group> groupOf = new IdentityHashMap<>();
        private final Map<Node, List<Group>> groupsThatRead = new IdentityHashMap<>();
        private final Map<Node, List<Node>> users;
        private final Set<Node> roots = Collections.newSetFromMap(new IdentityHashMap<>());

        Joining(Program program) {
            this.program = program;
            this.late = LateNodes.of(program);
            isLate.addAll(late);
            this.users = program.users();
            roots.addAll(program.roots());
        }

        Program run() {
            for (Node node : late) {
                Region region = ((KernelOp.Elementwise) node.op()).region();
                if (node.type().rank() > 0 && !region.hasSeveralResults()) {
                    add(node, region, near(node).filter(group -> canTake(group, node, region)));
                }
            }
            return rebuilt();
        }

        /** Finds a group whose values the node reads, or a group that reads a tensor which the node reads as well. */
        private Optional<Group> near(Node node) {
            for (Node operand : node.inputs()) {
                Group group = groupOf.get(operand);
                if (group != null && isLike(group, node)) {
                    return Optional.of(group);
                }
            }
            return node.inputs().stream()
                    .filter(operand -> operand.shape().equals(node.shape()))
                    .flatMap(operand -> groupsThatRead.getOrDefault(operand, List.of()).stream())
                    .filter(group -> isLike(group, node))
                    .findFirst();
        }

        private static boolean isLike(Group group, Node node) {
            return group.members.getFirst().shape().equals(node.shape());
        }

        private boolean canTake(Group group, Node node, Region region) {
            Set<Node> operands = Collections.newSetFromMap(new IdentityHashMap<>());
            operands.addAll(group.operands);
            int parts = group.parts;
            Map<Node, ScalarExpr> inlined = new IdentityHashMap<>();
            for (Node operand : node.inputs()) {
                if (groupOf.get(operand) == group) {
                    inlined.put(operand, group.bodies.get(operand));
                } else if (needs(operand, group)) {
                    return false;
                } else {
                    operands.add(operand);
                }
            }
            parts += parts(region.body(), node.inputs(), inlined);
            return operands.size() + results(group, node) <= MAX_ARRAYS && parts <= RegionTyping.MAX_PARTS;
        }

        /** Returns how many values of a group with one more member are read outside of it, as far as is known yet. */
        private long results(Group group, Node more) {
            return 1
                    + group.members.stream()
                            .filter(node -> isRead(node, group, more))
                            .count();
        }

        private boolean isRead(Node node, Group group, Node more) {
            return roots.contains(node)
                    || users.get(node).stream().anyMatch(user -> user != more && groupOf.get(user) != group);
        }

        /** Returns the number of parts of an expression in which some arguments are replaced by expressions. */
        private static int parts(ScalarExpr expr, List<Node> operands, Map<Node, ScalarExpr> inlined) {
            if (expr instanceof ScalarExpr.Arg(int index, DType dtype)) {
                ScalarExpr instead = inlined.get(operands.get(index));
                return instead == null ? 1 : parts(instead);
            }
            return 1
                    + expr.operands().stream()
                            .mapToInt(x -> parts(x, operands, inlined))
                            .sum();
        }

        private static int parts(ScalarExpr expr) {
            return 1 + expr.operands().stream().mapToInt(Joining::parts).sum();
        }

        /**
         * Returns whether a value from outside a group is computed from one of its values, as a group computes all
         * values together. Only late nodes read late nodes, so that the search does not go below other nodes, which
         * would be a whole model each time.
         */
        private boolean needs(Node value, Group group) {
            Set<Node> seen = Collections.newSetFromMap(new IdentityHashMap<>());
            Deque<Node> waiting = new ArrayDeque<>(List.of(value));
            while (!waiting.isEmpty()) {
                Node node = waiting.pop();
                if (isLate.contains(node) && seen.add(node)) {
                    Group own = groupOf.get(node);
                    if (own == group) {
                        return true;
                    }
                    waiting.addAll(own == null ? node.inputs() : own.operands);
                }
            }
            return false;
        }

        private void add(Node node, Region region, Optional<Group> joined) {
            Group group = joined.orElseGet(Group::new);
            List<ScalarExpr> arguments = new ArrayList<>();
            for (Node operand : node.inputs()) {
                arguments.add(
                        groupOf.get(operand) == group
                                ? group.bodies.get(operand)
                                : new ScalarExpr.Arg(
                                        group.operand(operand), operand.type().dtype()));
                groupsThatRead.computeIfAbsent(operand, o -> new ArrayList<>()).add(group);
            }
            ScalarExpr body = region.body().withArguments(arguments);
            group.parts += parts(body);
            group.bodies.put(node, body);
            group.members.add(node);
            groupOf.put(node, group);
        }

        private Program rebuilt() {
            Map<Node, Node> done = new IdentityHashMap<>();
            boolean changed = false;
            for (Node root : program.nodes()) {
                Deque<Node> waiting = new ArrayDeque<>(List.of(root));
                while (!waiting.isEmpty()) {
                    Node node = waiting.peek();
                    Group group = groupOf.get(node);
                    boolean joins = group != null && group.members.size() > 1;
                    List<Node> needed = joins ? group.operands : node.inputs();
                    List<Node> missing =
                            needed.stream().filter(n -> !done.containsKey(n)).toList();
                    if (!missing.isEmpty()) {
                        missing.reversed().forEach(waiting::push);
                        continue;
                    }
                    waiting.pop();
                    if (joins && !done.containsKey(node)) {
                        build(group, done);
                        changed = true;
                    } else if (!done.containsKey(node)) {
                        List<Node> inputs =
                                node.inputs().stream().map(done::get).toList();
                        done.put(node, inputs.equals(node.inputs()) ? node : node.withInputs(inputs));
                    }
                }
            }
            return changed ? Rewriter.replace(program, done) : program;
        }

        /**
         * Makes the nodes of a group. A value that only the group reads gets no node in the end, but counts as a
         * result here.
         */
        private void build(Group group, Map<Node, Node> done) {
            List<Node> inputs = group.operands.stream().map(done::get).toList();
            List<DType> dtypes =
                    group.operands.stream().map(n -> n.type().dtype()).toList();
            List<Node> read = group.members.stream()
                    .filter(node -> isRead(node, group, node))
                    .toList();
            List<ScalarExpr> bodies = read.stream().map(group.bodies::get).toList();
            for (int i = 0; i < read.size(); i++) {
                Region region = new Region(dtypes, bodies, i);
                done.put(
                        read.get(i),
                        new Builder()
                                .op(new KernelOp.Elementwise(region), inputs)
                                .withName(read.get(i).name()));
            }
            group.members.forEach(node -> done.putIfAbsent(node, node));
        }
    }
}
