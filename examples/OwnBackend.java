import detangle.backend.Backend;
import detangle.backend.Device;
import detangle.backend.Executable;
import detangle.backend.HostVariables;
import detangle.backend.InputException;
import detangle.backend.Peaks;
import detangle.backend.Plan;
import detangle.backend.Profile;
import detangle.backend.ShapeBinding;
import detangle.backend.Variables;
import detangle.compiler.Compiler;
import detangle.compiler.Passes;
import detangle.ir.Program;
import detangle.ir.Tensor;
import detangle.ir.interpreter.Interpreter;
import detangle.ir.interpreter.InterpreterException;
import detangle.ir.interpreter.Precision;
import detangle.ir.text.Parser;

/** A backend of one's own, which so far gives every operation to the interpreter. */
void main() {
    String text = """
            func @f(%x: f32[B]) -> (y: f32[B]) {
              %0 = exp %x : f32[B]
              return y = %0
            }
            """;
    Plan plan = Compiler.compile(Parser.parse("own.dtir", text), Passes.optimisations());
    Device device = new OwnBackend().devices().getFirst();
    try (Executable executable = device.load(plan)) {
        Tensor y = executable.run(Map.of("x", Tensor.of(new float[] {0, 1}, 2))).get("y");
        IO.println("%.3f %.3f on %s".formatted(y.getDouble(0), y.getDouble(1), device.name()));
    }
}

/** A family of devices. ServiceLoader finds it by META-INF/services/detangle.backend.Backend. */
record OwnBackend() implements Backend {
    @Override
    public String name() {
        return "own";
    }

    @Override
    public List<Device> devices() {
        return List.of(new OwnDevice());
    }

    @Override
    public Optional<String> unavailable() {
        return Optional.empty();
    }
}

record OwnDevice() implements Device {
    @Override
    public String name() {
        return "own";
    }

    @Override
    public String description() {
        return "a device of my own";
    }

    /** This device keeps parameters that training replaces in the memory of the host. */
    @Override
    public Variables variables(Map<String, Tensor> values) {
        return new HostVariables(values);
    }

    @Override
    public Executable load(Plan plan, Variables variables) {
        HostVariables own = HostVariables.of(variables);
        // A turn is refused if a parameter of the program is not among the variables.
        return new OwnExecutable(plan.program(), own, own.turn(plan.program()));
    }

    @Override
    public Optional<Peaks> measurePeaks() {
        return Optional.empty();
    }
}

/** A loaded program. Kernels of the device would take the interpreter's place. */
record OwnExecutable(Program program, HostVariables variables, Variables.Turn turn) implements Executable {
    @Override
    public Map<String, Tensor> run(Map<String, Tensor> inputs) {
        // Checks names, types and shapes, and gives the sizes B, S and so on.
        ShapeBinding.bind(program, inputs);
        // Runs that only read go side by side, and a run that replaces parameters is alone.
        return turn.take(() -> {
            Interpreter.Results results = interpret(inputs);
            variables.write(results.updates());
            return results.outputs();
        });
    }

    /** A faulty input gives an InputException, whatever runs the program. */
    private Interpreter.Results interpret(Map<String, Tensor> inputs) {
        try {
            return new Interpreter(Precision.F32).run(program, inputs, variables.values());
        } catch (InterpreterException e) {
            throw new InputException(e.getMessage());
        }
    }

    @Override
    public Map<String, Tensor> run(Map<String, Tensor> inputs, Profile profile) {
        long begin = System.nanoTime();
        Map<String, Tensor> results = run(inputs);
        profile.add("own", "program", System.nanoTime() - begin);
        return results;
    }

    @Override
    public void close() {}
}
