package detangle.bench;

import detangle.backend.Peaks;
import detangle.ir.Tensor;
import detangle.models.deberta.Architecture;
import detangle.models.deberta.DebertaConfig;
import detangle.peer.Subject;
import detangle.peer.SubjectProvider;
import detangle.runtime.DetangleVersion;
import detangle.runtime.Session;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Models in Detangle itself; the options are {@code BACKEND HEAD}. */
public final class DetangleSubjectProvider implements SubjectProvider {
    /** For {@link java.util.ServiceLoader}. */
    public DetangleSubjectProvider() {}

    static final String NAME = "detangle";

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public Subject load(Path model, int threads, String options) {
        String[] words = options.split(" ");
        Session session = Session.load(
                model,
                Session.Options.DEFAULT
                        .withBackend(Optional.of(words[0]))
                        .withHead(Architecture.named(words[1]))
                        .withHiddenStates(false));
        DebertaConfig config = session.config();
        return new Subject() {
            @Override
            public String version() {
                return "Detangle " + DetangleVersion.number() + ", "
                        + session.device().description();
            }

            @Override
            public Set<String> inputs() {
                return config.typeVocabSize() > 0
                        ? Set.of("input_ids", "attention_mask", "token_type_ids")
                        : Set.of("input_ids", "attention_mask");
            }

            @Override
            public Forward prepare(Map<String, Tensor> inputs) {
                return () -> session.run(inputs);
            }

            @Override
            public double[] peaks() {
                Peaks peaks = session.device().measurePeaks().orElse(new Peaks(Double.NaN, Double.NaN));
                return new double[] {peaks.flops(), peaks.bandwidth()};
            }
        };
    }
}
