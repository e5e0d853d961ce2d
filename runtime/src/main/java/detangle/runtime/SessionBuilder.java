package detangle.runtime;

import detangle.backend.Device;
import detangle.ir.DetangleException;
import detangle.ir.Tensor;
import detangle.models.adapter.AdaptedModel;
import detangle.models.deberta.Architecture;
import detangle.models.deberta.Checkpoint;
import detangle.models.deberta.CheckpointHeads;
import detangle.models.deberta.Convention;
import detangle.models.deberta.DebertaConfig;
import detangle.models.deberta.DebertaModel;
import detangle.models.deberta.Head;
import detangle.models.deberta.ModelOptions;
import detangle.models.weights.Artifact;
import detangle.models.weights.Weights;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/**
 * Puts a session together from parts, where {@link Session#load} is not enough: a head of one's own, or a configuration
 * and weights that are not those of a folder.
 *
 * <pre>{@code
 * Session session = Session.builder().folder(folder).head(mean, scorerWeights).load();
 * }</pre>
 */
public final class SessionBuilder {
    private Optional<Path> folder = Optional.empty();
    private Optional<DebertaConfig> config = Optional.empty();
    private Optional<Weights> weights = Optional.empty();
    private Optional<Head> head = Optional.empty();
    private Map<String, Tensor> parameters = Map.of();
    private SessionOptions options = SessionOptions.DEFAULT;

    SessionBuilder() {}

    /** Returns a folder with config.json and weights, or an artifact; what is given otherwise is not read from it. */
    public SessionBuilder folder(Path value) {
        folder = Optional.of(value);
        return this;
    }

    /** Returns the configuration. */
    public SessionBuilder config(DebertaConfig value) {
        config = Optional.of(value);
        return this;
    }

    /** Returns the weights, which are closed with the session, or if it cannot be loaded. */
    public SessionBuilder weights(Weights value) {
        weights = Optional.of(value);
        return this;
    }

    /**
     * Returns a head of one's own; the head of the options is not heeded then.
     *
     * @param added parameters of the head that the weights do not hold, by name
     */
    public SessionBuilder head(Head value, Map<String, Tensor> added) {
        head = Optional.of(value);
        parameters = Map.copyOf(added);
        return this;
    }

    public SessionBuilder options(SessionOptions value) {
        options = value;
        return this;
    }

    /**
     * Loads the model.
     *
     * @throws DetangleException of the part at fault (ConfigException, WeightsException, CompileException,
     *     BackendException), with one line that names the file and what to do
     * @throws IllegalStateException if there is neither a folder nor both a configuration and weights
     */
    public Session load() {
        if (folder.isEmpty() && (config.isEmpty() || weights.isEmpty())) {
            throw new IllegalStateException("a session needs a folder, or a configuration and weights");
        }
        Optional<Weights> toClose = weights;
        try {
            Device device = Backends.device(options.backend(), options.hostOperations(), options.precision());
            if (options.warmUp()) {
                device.warmUp(); // Before files are read, as it takes its time beside that.
            } else {
                device.deferWarmUp();
            }
            boolean compiled = isCompiled();
            DebertaConfig stated = config.orElseGet(() -> DebertaConfig.read(folder.orElseThrow()));
            Weights stored =
                    weights.orElseGet(() -> Weights.openAhead(options.weights().orElseGet(folder::orElseThrow)));
            toClose = Optional.of(stored);
            AdaptedModel adapted = AdaptedModel.of(stated, stored, options.adapter());
            DebertaConfig read = adapted.config();
            Weights opened = adapted.weights();
            SessionModel model =
                    head.map(own -> withOwnHead(read, own)).orElseGet(() -> published(read, opened, compiled));
            Checkpoint.checkSizes(opened, read);
            return opened.reading(() -> Session.loaded(model, device, opened, options));
        } catch (RuntimeException | Error e) {
            toClose.ifPresent(Weights::close);
            throw e;
        }
    }

    /** Returns whether the programs of an artifact may be those that are asked for. */
    private boolean isCompiled() {
        return folder.isPresent()
                && config.isEmpty()
                && weights.isEmpty()
                && Artifact.is(folder.get())
                && options.weights().isEmpty()
                && options.adapter().isEmpty()
                && options.weightType().isEmpty();
    }

    private SessionModel withOwnHead(DebertaConfig read, Head own) {
        ModelOptions model = modelOptions(Optional.empty());
        return new SessionModel(
                read,
                Optional.empty(),
                parameters,
                mask -> DebertaModel.build(read, own, model.with(mask)),
                read.positionBiasedInput(),
                SessionModel.StoredPrograms.NONE);
    }

    private SessionModel published(DebertaConfig read, Weights opened, boolean compiled) {
        Architecture published = options.head().orElseGet(() -> CheckpointHeads.choose(opened, read));
        // What other heads take no heed of must not make another program than an artifact has.
        ModelOptions model =
                modelOptions(Optional.of(published)).withMaskedRows(options.maskedRows() && published.predictsMasks());
        return new SessionModel(
                read,
                Optional.of(published),
                Map.of(),
                mask -> DebertaModel.build(read, published, model.with(mask)),
                read.positionBiasedInput() || published == Architecture.MASKED_LM_EMD,
                compiled
                        ? packed -> ModelArtifact.program(read, opened, published, model, packed)
                        : SessionModel.StoredPrograms.NONE);
    }

    /** @param published empty for a head of one's own */
    private ModelOptions modelOptions(Optional<Architecture> published) {
        return ModelOptions.DEFAULT
                .with(options.convention().orElseGet(() -> convention(published)))
                .withHiddenStates(options.hiddenStates())
                .with(options.padding())
                .withAttentions(options.attentions())
                .withMaskedRows(options.maskedRows());
    }

    /** An artifact was compiled for the configuration that is in it, and not for one that is given. */
    private Convention convention(Optional<Architecture> published) {
        return folder.filter(model -> config.isEmpty())
                .map(model -> Convention.of(model, published))
                .orElseGet(() -> published.map(Architecture::convention).orElse(Convention.HUGGINGFACE));
    }
}
