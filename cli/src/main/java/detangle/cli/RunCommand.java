package detangle.cli;

import detangle.ir.Tensor;
import detangle.models.weights.SafetensorsWriter;
import detangle.runtime.Loss;
import detangle.runtime.Session;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "run",
        description =
                "Runs a model on inputs from a JSON file and writes hidden states, logits and losses as safetensors.",
        mixinStandardHelpOptions = true)
final class RunCommand implements Runnable {
    @Parameters(paramLabel = "MODEL", description = "A folder with config.json and weights.")
    private Path model;

    @Option(
            names = "--inputs",
            required = true,
            paramLabel = "FILE.json",
            description =
                    "{\"cases\": [{\"name\", \"input_ids\", \"attention_mask\", \"token_type_ids\", \"labels\"}]}; "
                            + "all but name and input_ids may be absent or null.")
    private Path inputs;

    @Option(
            names = "--output",
            required = true,
            paramLabel = "FILE.safetensors",
            description = "Keys are CASE.hidden_states.I, CASE.logits, CASE.loss.")
    private Path output;

    @Option(
            names = "--head",
            paramLabel = "NAME",
            description = "What stands on the encoder; config.json's by default.")
    private Optional<String> head;

    @Option(names = "--backend", paramLabel = "NAME", description = "vector or reference; the best by default.")
    private Optional<String> backend;

    @Override
    public void run() {
        SequencedMap<String, Tensor> results = new LinkedHashMap<>();
        Session.Options options = new Session.Options(backend, Heads.of(head), true);
        try (Session session = Session.load(model, options)) {
            for (CaseFile.Case c : CaseFile.read(inputs, session.config())) {
                Map<String, Tensor> outputs = session.run(c.inputs());
                outputs.forEach((name, tensor) -> results.put(c.name() + "." + name, tensor));
                Optional<Tensor> logits = Optional.ofNullable(outputs.get("logits"));
                if (logits.isPresent() && c.labels().isPresent()) {
                    double loss = Loss.sequenceClassification(
                            logits.get(), c.labels().get(), session.config().problemType());
                    results.put(c.name() + ".loss", Tensor.of(new float[] {(float) loss}));
                }
            }
        }
        SafetensorsWriter.write(output, results, Map.of());
    }
}
