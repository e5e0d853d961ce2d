package detangle.pipelines;

import detangle.ir.OneLine;
import detangle.models.deberta.ConfigException;
import detangle.models.deberta.DebertaConfig;
import detangle.models.sentence.CrossEncoderSettings;
import java.nio.file.Path;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Makes scores of the logits of a sequence classification. */
@FunctionalInterface
interface ScoreFunction {
    double[] apply(double... logits);

    /**
     * Returns the function of a classifier: the activation that sentence-transformers noted, or else HuggingFace's
     * choice. The library notes Identity for several labels where nobody chose anything, so that HuggingFace's choice
     * stands there too.
     *
     * @throws ConfigException if the activation is one of PyTorch's that is not known here
     */
    static ScoreFunction ofClassifier(Path model, DebertaConfig config) {
        return stated(model)
                .filter(activation -> activation != TorchActivation.IDENTITY || config.numLabels() == 1)
                .<ScoreFunction>map(activation -> activation::apply)
                .orElseGet(() -> FunctionToApply.of(config)::apply);
    }

    /**
     * Returns the function of a reranker: the activation that sentence-transformers noted, or else the library's
     * choice for one label, a sigmoid.
     */
    static ScoreFunction ofRanker(Path model) {
        return stated(model).<ScoreFunction>map(activation -> activation::apply).orElse(FunctionToApply.SIGMOID::apply);
    }

    private static Optional<TorchActivation> stated(Path model) {
        return CrossEncoderSettings.read(model).flatMap(ScoreFunction::activation);
    }

    private static Optional<TorchActivation> activation(CrossEncoderSettings stated) {
        String name = stated.activation();
        Optional<TorchActivation> known = TorchActivation.named(name);
        if (known.isEmpty() && name.startsWith(TorchActivation.TORCH)) {
            throw new ConfigException(
                    stated.file(),
                    stated.field() + " is " + name + "; known are " + TorchActivation.names() + " of torch.nn");
        }
        if (known.isEmpty()) {
            Logger log = LoggerFactory.getLogger(ScoreFunction.class);
            // As the library does: code of others is not run.
            log.warn(
                    "{}: {} is {}, which is not one of PyTorch's: scores are made as if nothing was said",
                    stated.file(),
                    stated.field(),
                    OneLine.of(name));
        }
        return known;
    }
}
