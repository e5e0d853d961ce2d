package detangle.cli;

import detangle.backend.InputException;
import detangle.cli.Failures.CliException;
import detangle.ir.Tensor;
import detangle.models.adapter.AdapterWriter;
import detangle.models.deberta.Architecture;
import detangle.models.deberta.Convention;
import detangle.models.deberta.DebertaConfig;
import detangle.models.deberta.PaddedStates;
import detangle.models.weights.SafetensorsWriter;
import detangle.runtime.BatchLoss;
import detangle.runtime.OptionValues;
import detangle.runtime.Session;
import detangle.runtime.SessionOptions;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
        name = "run",
        description =
                "Runs a model on inputs from a JSON file and writes hidden states, logits and losses as safetensors. Keys are"
                        + " CASE.hidden_states.I, CASE.attentions.I, CASE.logits, CASE.loss and others of the head.",
        mixinStandardHelpOptions = true)
final class RunCommand implements Runnable {
    @Mixin
    private ModelArgument model;

    @Option(
            names = "--inputs",
            required = true,
            paramLabel = "FILE.json",
            description =
                    "{\"cases\": [{\"name\", \"input_ids\", \"attention_mask\", \"token_type_ids\", \"labels\"}]}; "
                            + "all but name and input_ids may be absent or null. For question answering, labels "
                            + "are \"start_positions\" and \"end_positions\". A mask with one more axis says what "
                            + "each position sees.")
    private Path inputs;

    @Option(
            names = {"-o", "--output"},
            required = true,
            paramLabel = "FILE.safetensors",
            description = "The file to write.")
    private Path output;

    @Mixin
    private HeadOptions headOptions;

    @Mixin
    private WeightsOption weights;

    @Mixin
    private AdapterOption adapter;

    @Mixin
    private PrecisionOption precision;

    @Mixin
    private WeightTypeOption weightType;

    @Mixin
    private IgnoreUnusedOption ignoreUnused;

    @Option(names = "--attentions", description = "Make attention probabilities outputs too.")
    private boolean attentions;

    @Mixin
    private DeviceOptions device;

    @Mixin
    private ThreadsOption threads;

    @Option(
            names = "--profile",
            description = "Run each case several times more, and print how long each operation takes.")
    private boolean profile;

    @Spec
    private CommandSpec spec;

    /** Losses may be NaN where nothing counts, as in PyTorch; what the model says may not. */
    private static void checkFinite(Session session, String name, String output, Tensor tensor) {
        for (long i = 0; i < tensor.elements(); i++) {
            double value = tensor.getDouble(i);
            if (!Double.isFinite(value)) {
                throw new CliException("case " + name + ": " + output + " holds " + value
                        + " and not finite numbers alone: "
                        + session.notFiniteWeight().orElse("the weights are finite, so computing with them overflows"));
            }
        }
    }

    /** Returns what the head says of a case, and its losses. */
    private SequencedMap<String, Tensor> run(
            Session session, Architecture architecture, CaseFile.Case c, OperationTimes times) {
        Map<String, Tensor> outputs = session.run(c.inputs());
        if (profile) {
            times.add(session, c.inputs());
        }
        outputs.forEach((name, tensor) -> checkFinite(session, c.name(), name, tensor));
        SequencedMap<String, Tensor> results = new LinkedHashMap<>(outputs);
        results.putAll(BatchLoss.of(architecture, session.config(), outputs, c.inputs(), c.labels()));
        return results;
    }

    @Override
    public void run() {
        threads.apply();
        List<Path> others = new ArrayList<>(List.of(inputs));
        adapter.folder().ifPresent(folder -> AdapterWriter.FILES.forEach(name -> others.add(folder.resolve(name))));
        OwnFiles.refuseAsOutput(output, model.folder(), weights.file(), others);
        SequencedMap<String, Tensor> results = new LinkedHashMap<>();
        Architecture architecture = headOptions.head(model.folder(), weights.file(), adapter.folder());
        Convention reading = headOptions.convention(model.folder(), architecture);
        SessionOptions asked = SessionOptions.DEFAULT
                .withHostOperations(device.hostOperations())
                .withPrecision(precision.chosen(device.backend()))
                .withHead(architecture)
                .withConvention(reading)
                // Its loss is a softmax over all positions, padding included.
                .withPadding(
                        architecture == Architecture.QUESTION_ANSWERING && reading == Convention.HUGGINGFACE
                                ? PaddedStates.UNIFORM
                                : PaddedStates.NOTHING)
                .withAttentions(attentions)
                .withIgnoreUnused(ignoreUnused.isSet());
        SessionOptions placed = OptionValues.with(asked, device.backend(), SessionOptions::withBackend);
        SessionOptions adapted = OptionValues.with(placed, adapter.folder(), SessionOptions::withAdapter);
        SessionOptions read = OptionValues.with(adapted, weights.file(), SessionOptions::withWeights);
        SessionOptions options = OptionValues.with(read, weightType.narrowed(), SessionOptions::withWeightType);
        OperationTimes times = new OperationTimes();
        try (Session session = Session.load(model.folder(), options)) {
            DebertaConfig config = session.config();
            for (CaseFile.Case c : CaseFile.read(inputs, config)) {
                try {
                    run(session, architecture, c, times)
                            .forEach((name, tensor) -> results.put(c.name() + "." + name, tensor));
                } catch (InputException e) {
                    throw new CliException(inputs + ": case " + c.name() + ": " + e.getMessage());
                }
            }
        }
        SafetensorsWriter.write(output, results, Map.of());
        if (profile) {
            times.print(spec.commandLine().getOut());
        }
    }
}
