package detangle.runtime;

import detangle.backend.Device;
import detangle.backend.Executable;
import detangle.compiler.Compiler;
import detangle.compiler.DeviceEvaluator;
import detangle.compiler.Passes;
import detangle.ir.Level;
import detangle.ir.Program;
import detangle.ir.Tensor;
import detangle.ir.Verifier;
import java.util.Map;

/**
 * A program of one's own, written with {@link detangle.ir.Builder}, compiled and loaded on a device. Any number of
 * threads may run it at once.
 */
public final class CompiledProgram implements AutoCloseable {
    private final Executable executable;

    private CompiledProgram(Executable executable) {
        this.executable = executable;
    }

    /**
     * Compiles a program.
     *
     * @param parameters values of the program's parameters by name, which must stay readable until it is closed
     * @param options of which the backend, its precision and the operations left to the host are heeded
     * @throws detangle.compiler.CompileException if a parameter is missing or of another shape, or a pass cannot be run
     * @throws detangle.ir.IrException if the program breaks a constraint
     */
    public static CompiledProgram load(Program program, Map<String, Tensor> parameters, SessionOptions options) {
        Verifier.check(program, Level.PASSES);
        Device device = Backends.device(options.backend(), options.hostOperations(), options.precision());
        return new CompiledProgram(device.load(Compiler.compile(
                program, Passes.withEvaluator(Passes.inference(parameters), new DeviceEvaluator(device.host())))));
    }

    /**
     * Runs the program.
     *
     * @throws detangle.backend.InputException if the inputs do not fit
     */
    public Map<String, Tensor> run(Map<String, Tensor> inputs) {
        return executable.run(inputs);
    }

    @Override
    public void close() {
        executable.close();
    }
}
