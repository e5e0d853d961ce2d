package detangle.pipelines;

import detangle.ir.Program;
import detangle.ir.Tensor;
import detangle.models.weights.Weights;
import detangle.runtime.CompiledProgram;
import detangle.runtime.SessionOptions;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;

/** Programs behind an encoder, by name. */
final class HeadPrograms implements AutoCloseable {
    private final TextModel encoder;
    private final Weights weights;
    private final Map<String, CompiledProgram> programs;

    private HeadPrograms(TextModel encoder, Weights weights, Map<String, CompiledProgram> programs) {
        this.encoder = encoder;
        this.weights = weights;
        this.programs = programs;
    }

    /** Compiles programs with the parameters that a model's weights hold. */
    static HeadPrograms load(
            TextModel encoder,
            Weights weights,
            Collection<Program> all,
            Map<String, Tensor> parameters,
            SessionOptions options) {
        Map<String, CompiledProgram> programs = new HashMap<>();
        try {
            return weights.reading(() -> {
                for (Program program : all) {
                    programs.put(program.name(), CompiledProgram.load(program, parameters, options));
                }
                return new HeadPrograms(encoder, weights, programs);
            });
        } catch (RuntimeException | Error e) {
            programs.values().forEach(CompiledProgram::close);
            throw e;
        }
    }

    Map<String, Tensor> run(String program, Map<String, Tensor> inputs) {
        return encoder.inTurn(() -> weights.reading(() -> programs.get(program).run(inputs)));
    }

    /** Throws a {@link PipelineException} if a call of a shared model would take memory without a bound. */
    void requireFew(long scores, int fields) {
        if (encoder.isShared() && scores > Groups.MAX_NUMBERS) {
            throw new PipelineException("the schema's fields make " + fields + " questions to each span of a text, "
                    + scores + " scores together, and at most " + Groups.MAX_NUMBERS
                    + " are computed at once: name fewer fields, or let texts be read in shorter windows");
        }
    }

    Tensor run(String program, Map<String, Tensor> inputs, String output) {
        return run(program, inputs).get(output);
    }

    @Override
    public void close() {
        programs.values().forEach(CompiledProgram::close);
    }
}
