package detangle.runtime;

import detangle.backend.Device;
import detangle.backend.Executable;
import detangle.backend.InputException;
import detangle.compiler.Compiler;
import detangle.compiler.Pipeline;
import detangle.ir.Program;
import detangle.ir.Program.Output;
import detangle.ir.Tensor;
import detangle.models.deberta.Architecture;
import detangle.models.deberta.Checkpoint;
import detangle.models.deberta.DebertaConfig;
import detangle.models.deberta.DebertaModel;
import detangle.models.weights.Weights;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A model, compiled and loaded on a device. Any number of threads may run it at once. */
public final class Session implements AutoCloseable {
    private final DebertaConfig config;
    private final Weights weights;
    private final Executable executable;

    /**
     * How to load a model.
     *
     * @param backend the backend's name; empty for the best there is
     * @param head what stands on the encoder; empty for what config.json says
     * @param hiddenStates whether the outputs include the hidden states
     */
    public record Options(Optional<String> backend, Optional<Architecture> head, boolean hiddenStates) {
        /** The best backend, the head of config.json, hidden states too. */
        public static final Options DEFAULT = new Options(Optional.empty(), Optional.empty(), true);
    }

    private Session(DebertaConfig config, Weights weights, Executable executable) {
        this.config = config;
        this.weights = weights;
        this.executable = executable;
    }

    /**
     * Loads a folder with config.json and safetensors weights.
     *
     * @throws RuntimeException of the part at fault (ConfigException, WeightsException, CompileException,
     *     BackendException), with one line that names the file and what to do
     */
    public static Session load(Path folder, Options options) {
        DebertaConfig config = DebertaConfig.read(folder);
        Device device = options.backend().map(Backends::named).orElseGet(Backends::preferred);
        Program program = program(config, options);
        Weights weights = Weights.open(folder);
        try {
            Map<String, Tensor> parameters = Checkpoint.parameters(weights);
            Executable executable = device.load(Compiler.compile(program, Pipeline.inference(parameters)));
            return new Session(config, weights, executable);
        } catch (RuntimeException | Error e) {
            weights.close();
            throw e;
        }
    }

    private static Program program(DebertaConfig config, Options options) {
        Program all = DebertaModel.build(config, options.head().orElse(config.architecture()));
        if (options.hiddenStates()) {
            return all;
        }
        List<Output> outputs = all.outputs().stream()
                .filter(o -> !o.name().startsWith("hidden_states."))
                .toList();
        return new Program(all.name(), all.inputs(), outputs, all.constants());
    }

    public DebertaConfig config() {
        return config;
    }

    /**
     * Runs the model.
     *
     * @param inputs {@code input_ids} and {@code attention_mask}, and {@code token_type_ids} if the model has token types;
     *     {@code i64[B,S]}
     * @return {@code logits} if there is a head, {@code hidden_states.0..N} if they were asked for
     * @throws InputException if the inputs do not fit, or a sequence is longer than the model takes
     */
    public Map<String, Tensor> run(Map<String, Tensor> inputs) {
        Tensor ids = inputs.get("input_ids");
        if (config.positionBiasedInput() && ids != null && ids.dim(-1) > config.maxPositionEmbeddings()) {
            throw new InputException("a sequence of " + ids.dim(-1) + " tokens is longer than the "
                    + config.maxPositionEmbeddings() + " that the model takes");
        }
        return executable.run(inputs);
    }

    @Override
    public void close() {
        executable.close();
        weights.close();
    }
}
