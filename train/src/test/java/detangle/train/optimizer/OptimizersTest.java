package detangle.train.optimizer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.backend.Device;
import detangle.backend.Executable;
import detangle.backend.MemoryPlan;
import detangle.backend.Plan;
import detangle.backend.Variables;
import detangle.compiler.Compiler;
import detangle.compiler.Passes;
import detangle.ir.Builder;
import detangle.ir.DType;
import detangle.ir.Node;
import detangle.ir.Program;
import detangle.ir.Program.Output;
import detangle.ir.Program.Update;
import detangle.ir.Tensor;
import detangle.ir.TensorOp;
import detangle.ir.TensorType;
import detangle.ir.interpreter.Interpreter;
import detangle.ir.interpreter.Precision;
import detangle.runtime.Backends;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.Set;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** Fourteen updates of three parameters against what the original code and PyTorch made of them. */
class OptimizersTest {
    private static final String UNREAD = "w2";

    /** A run of the original, and what it is to be compared with. */
    private record Case(
            String name,
            ParameterUpdates.Plan plan,
            double rate,
            Schedule schedule,
            List<String> parameters,
            JsonNode steps) {}

    private interface Steps {
        /** The norm, before clipping, of an update that is done. */
        double next(Map<String, double[]> gradients, Map<String, Double> scalars);

        double[] value(String parameter);
    }

    private final JsonNode file = Numbers.read("optimizers.json");

    private List<Case> microsofts(String precision) {
        List<Case> cases = new ArrayList<>();
        for (JsonNode c : file.path("original")) {
            JsonNode s = c.path("settings");
            XAdam optimizer = new XAdam(
                    s.path("b1").asDouble(),
                    s.path("b2").asDouble(),
                    s.path("eps").asDouble(),
                    s.path("opt").asString("").equals("admax") ? XAdam.Form.ADMAX : XAdam.Form.ADAM,
                    s.path("radam").asBoolean(false),
                    s.path("k").asLong(0),
                    s.path("al").asDouble(XAdam.DEFAULT.lookaheadShare()));
            ParameterUpdates.Plan plan = new ParameterUpdates.Plan(
                    optimizer,
                    new Clipping(s.path("clip").asDouble(), Clipping.Rule.MICROSOFT),
                    ParameterGroups.of(DecayRule.MICROSOFT, s.path("wd").asDouble()),
                    false);
            MicrosoftSchedule.Form form =
                    MicrosoftSchedule.Form.valueOf(s.path("sched").asString().toUpperCase(java.util.Locale.ROOT));
            Schedule schedule = new MicrosoftSchedule(
                    form,
                    s.path("T").asLong(),
                    s.path("w").asDouble(),
                    s.path("ends").asDouble(0));
            cases.add(new Case(
                    c.path("name").asString(),
                    plan,
                    s.path("lr").asDouble(),
                    schedule,
                    List.of("w", "bias", UNREAD),
                    c.path(precision)));
        }
        return cases;
    }

    private List<Case> torchs(String precision) {
        List<Case> cases = new ArrayList<>();
        for (JsonNode c : file.path("torch_adamw")) {
            if (!c.path("dtype").asString().equals(precision)) {
                continue;
            }
            JsonNode s = c.path("settings");
            AdamW optimizer = new AdamW(
                    s.path("betas").path(0).asDouble(),
                    s.path("betas").path(1).asDouble(),
                    s.path("eps").asDouble(),
                    s.path("amsgrad").asBoolean(false));
            ParameterUpdates.Plan plan = new ParameterUpdates.Plan(
                    optimizer,
                    new Clipping(1, Clipping.Rule.TORCH),
                    // Here all parameters decay, whatever their names are.
                    ParameterGroups.of(
                            DecayRule.MICROSOFT, s.path("weight_decay").asDouble()),
                    false);
            cases.add(new Case(
                    c.path("name").asString(),
                    plan,
                    s.path("lr").asDouble(),
                    Schedules.named("linear", 5, 20, 0.1, Map.of()),
                    List.of("w", "b"),
                    c.path("trace")));
        }
        return cases;
    }

    @Test
    void agreeInDoublePrecision() {
        List<Case> cases = new ArrayList<>(microsofts("f64"));
        cases.addAll(torchs("torch.float64"));
        assertEquals(15, cases.size());
        for (Case c : cases) {
            check(c, 1e-12, new Interpreted(c));
        }
    }

    @Test
    void agreeOnTheVectorBackend() {
        Device device = Backends.device(Optional.of("vector"), Set.of());
        List<Case> cases = new ArrayList<>(microsofts("f64"));
        cases.addAll(torchs("torch.float64"));
        for (Case c : cases) {
            try (OnDevice steps = new OnDevice(c, device)) {
                check(c, 5e-6, steps);
            }
        }
    }

    private void check(Case c, double tolerance, Steps steps) {
        for (int i = 0; i < c.steps().size(); i++) {
            Map<String, double[]> gradients = new HashMap<>();
            gradients.put("w", Numbers.doubles(file.path("gradients").path("w").path(i)));
            gradients.put("b", Numbers.doubles(file.path("gradients").path("b").path(i)));
            gradients.put("bias", gradients.get("b"));
            gradients.put(UNREAD, new double[4]);
            gradients.keySet().retainAll(c.parameters());
            double rate = c.rate() * c.schedule().factor(i);
            double norm = steps.next(gradients, c.plan().optimizer().scalars(i, rate));
            JsonNode expected = c.steps().path(i);
            if (expected.has("norm")) {
                assertEquals(expected.path("norm").asDouble(), norm, tolerance * norm, c.name() + " " + i);
            }
            for (String parameter : c.parameters()) {
                String key = parameter.equals("bias") ? "b" : parameter.equals(UNREAD) ? "w2_no_gradient" : parameter;
                double[] wanted = Numbers.doubles(expected.path(key));
                double[] found = steps.value(parameter);
                assertEquals(wanted.length, found.length);
                for (int j = 0; j < wanted.length; j++) {
                    assertEquals(
                            wanted[j],
                            found[j],
                            tolerance,
                            c.name() + " after " + i + ": " + parameter + "[" + j + "]");
                }
            }
        }
    }

    private Map<String, Tensor> start(Case c, DType dtype) {
        Map<String, Tensor> start = new HashMap<>();
        for (String parameter : c.parameters()) {
            double[] values = Numbers.doubles(file.path("start").path(parameter.equals("bias") ? "b" : parameter));
            start.put(parameter, Tensor.ofDoubles(dtype, values, values.length));
        }
        return start;
    }

    /**
     * A parameter and its moments are one region, which writes them where they are, and needs no memory beside them.
     */
    @Test
    void aStepOfAdamWWalksOnceOverEachParameter() {
        for (Case c : torchs("torch.float64")) {
            Plan plan = Compiler.compile(program(c, start(c, DType.F32)), Passes.afterGradients());
            List<List<Node>> late = plan.operations().stream()
                    .filter(results -> plan.memory().late().contains(results.getFirst())
                            && results.getFirst().type().rank() > 0)
                    .toList();
            assertEquals(c.parameters().size(), late.size(), c.name());
            for (Update update : plan.program().updates()) {
                MemoryPlan memory = plan.memory();
                int slot = memory.slot(update.value()).orElseThrow();
                assertEquals(
                        Optional.of(update.name()), memory.slots().get(slot).parameter(), c.name());
            }
        }
    }

    /** A program whose gradients are inputs. */
    private static Program program(Case c, Map<String, Tensor> start) {
        Builder b = new Builder();
        List<Node> inputs = new ArrayList<>();
        SequencedMap<Node, Node> gradients = new LinkedHashMap<>();
        for (String parameter : c.parameters()) {
            TensorType type = start.get(parameter).type();
            inputs.add(b.input("gradient." + parameter, type));
            gradients.put(b.param(parameter, type), inputs.getLast());
        }
        ParameterUpdates updates = ParameterUpdates.of(b, c.plan(), gradients);
        inputs.addAll(updates.inputs());
        return new Program("update", inputs, List.of(new Output("norm", updates.norm())), updates.updates(), Map.of());
    }

    private static Map<String, Tensor> inputs(
            DType dtype, Map<String, double[]> gradients, Map<String, Double> scalars) {
        Map<String, Tensor> inputs = new HashMap<>();
        gradients.forEach(
                (name, values) -> inputs.put("gradient." + name, Tensor.ofDoubles(dtype, values, values.length)));
        scalars.forEach((name, value) -> inputs.put(name, Tensor.ofDoubles(dtype, new double[] {value})));
        return inputs;
    }

    private final class Interpreted implements Steps {
        private final Program program;
        private final Map<String, Tensor> values;

        Interpreted(Case c) {
            Map<String, Tensor> start = start(c, DType.F64);
            program = program(c, start);
            values = new HashMap<>(start);
            values.putAll(c.plan().states(start));
        }

        @Override
        public double next(Map<String, double[]> gradients, Map<String, Double> scalars) {
            Interpreter.Results results =
                    new Interpreter(Precision.F64).run(program, inputs(DType.F64, gradients, scalars), values);
            values.putAll(results.updates());
            return results.outputs().get("norm").getDouble(0);
        }

        @Override
        public double[] value(String parameter) {
            return values.get(parameter).toDoubles();
        }
    }

    private final class OnDevice implements Steps, AutoCloseable {
        private final Variables variables;
        private final Executable executable;

        OnDevice(Case c, Device device) {
            Map<String, Tensor> start = start(c, DType.F32);
            Map<String, Tensor> all = new HashMap<>(start);
            all.putAll(c.plan().states(start));
            variables = device.variables(all);
            executable = device.load(Compiler.compile(program(c, start), Passes.afterGradients()), variables);
        }

        @Override
        public double next(Map<String, double[]> gradients, Map<String, Double> scalars) {
            return executable
                    .run(inputs(DType.F32, gradients, scalars))
                    .get("norm")
                    .getDouble(0);
        }

        @Override
        public double[] value(String parameter) {
            return variables.read(parameter).toDoubles();
        }

        @Override
        public void close() {
            executable.close();
        }
    }

    @Test
    void nothingChangesWhereTheNormIsNotFinite() {
        for (Case c :
                List.of(microsofts("f64").getFirst(), torchs("torch.float64").getFirst())) {
            for (double bad : new double[] {Double.NaN, Double.POSITIVE_INFINITY, 1e200}) {
                Interpreted steps = new Interpreted(c);
                Map<String, Tensor> before = Map.copyOf(steps.values);
                Map<String, double[]> gradients = new HashMap<>();
                before.forEach((name, value) -> {
                    if (c.parameters().contains(name)) {
                        gradients.put(name, new double[(int) value.elements()]);
                    }
                });
                gradients.get("w")[0] = bad;
                double norm = steps.next(gradients, c.plan().optimizer().scalars(3, 0.1));
                assertTrue(!Double.isFinite(norm), "the norm is " + norm);
                before.forEach((name, value) -> {
                    double[] after = steps.value(name);
                    for (int i = 0; i < after.length; i++) {
                        assertEquals(value.getDouble(i), after[i], name);
                    }
                });
            }
        }
    }

    @Test
    void parametersHaveTheirOwnVariables() {
        Case c = torchs("torch.float64").getFirst();
        Program program = program(c, start(c, DType.F32));
        List<String> names =
                program.updates().stream().map(Program.Update::name).toList();
        assertEquals(List.of("w", "optimizer.m.w", "optimizer.v.w", "b", "optimizer.m.b", "optimizer.v.b"), names);
        assertTrue(program.nodes().stream()
                .noneMatch(node ->
                        node.op() instanceof TensorOp.Constant && node.type().rank() > 0));
    }
}
