package detangle.pipelines.task;

import detangle.models.deberta.Architecture;
import detangle.models.deberta.CheckpointHeads;
import detangle.models.deberta.DebertaConfig;
import detangle.models.gliclass.GliclassConfig;
import detangle.models.gliner.GlinerConfig;
import detangle.models.gliner2.Gliner2Config;
import detangle.models.sentence.SentenceModules;
import java.nio.file.Path;
import java.util.Optional;

/** Reads from a model's files which task it was made for. */
public final class ModelFacts {
    private final Path model;
    private Optional<Architecture> head = Optional.empty();

    /** @param model the model's folder or artifact */
    public ModelFacts(Path model) {
        this.model = model;
    }

    Path model() {
        return model;
    }

    /** Returns whether it has the configuration of a GLiNER model. */
    boolean isGliner() {
        return GlinerConfig.isIn(model);
    }

    /** Returns whether it has the configuration of a GLiNER2 model. */
    boolean isGliner2() {
        return Gliner2Config.isIn(model);
    }

    /** Returns whether it has the configuration of a GLiClass model. */
    boolean isGliclass() {
        return GliclassConfig.isIn(model);
    }

    /** Returns whether modules behind the encoder make vectors, whatever class config.json names. */
    boolean makesVectors() {
        return SentenceModules.read(model).filter(m -> !m.behind().isEmpty()).isPresent();
    }

    /**
     * Returns the head of a DeBERTa model: what config.json names in {@code architectures}, and otherwise what the
     * checkpoint holds.
     *
     * @throws detangle.models.deberta.HeadException if the checkpoint holds heads of several tasks, and config.json
     *     does not say which is meant
     */
    Architecture head() {
        if (head.isEmpty()) {
            head = Optional.of(CheckpointHeads.choose(model, Optional.empty(), DebertaConfig.read(model)));
        }
        return head.get();
    }

    /** Returns how many labels config.json has. */
    int labels() {
        return DebertaConfig.read(model).numLabels();
    }
}
