package detangle.train.lora;

import detangle.ir.Tensor;
import detangle.models.adapter.AdapterConfig;
import detangle.models.adapter.AdapterWriter;
import detangle.models.deberta.Architecture;
import detangle.models.deberta.DebertaConfig;
import detangle.models.deberta.ModelFolderWriter;
import detangle.train.ModelWriter;
import detangle.train.TrainableModel;
import detangle.train.TrainingException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** Changes a model that would be trained as a whole into one whose adapter and head are trained. */
public final class Lora {
    private static final String WORDS = "deberta.embeddings.word_embeddings.weight";
    private static final String VOCABULARY_BIAS = "cls.predictions.bias";
    private static final String DECODER = "cls.predictions.decoder.";

    private Lora() {}

    /**
     * Returns the model with an adapter. Frozen parameters become constants of its programs, so that only the
     * parameters of the adapter and of the head have gradients and states of the optimizer. Evaluation drops nothing.
     *
     * @param model the model with its first parameters, by their names in HuggingFace's checkpoints
     * @param files the files that describe the model, which are written beside the adapter
     * @param baseModel the name, in the adapter's files, of the model that the adapter belongs to
     * @param seed the seed of the first values of the adapter
     * @throws TrainingException if the options do not fit the model
     */
    public static TrainableModel adapted(
            TrainableModel model, ModelFolderWriter files, LoraOptions options, Optional<String> baseModel, long seed) {
        DebertaConfig config = files.config();
        LoraModel training = LoraModel.of(model.training(), config, options);
        Map<String, Tensor> parameters = new HashMap<>(training.start(model.parameters(), seed));
        training.trained().keySet().stream()
                .filter(name -> !parameters.containsKey(name))
                .forEach(name -> parameters.put(name, model.parameters().get(name)));
        TrainableModel adapted = TrainableModel.of(
                        training.withConstants(model.parameters()::get), parameters, model.layers())
                .withWriter(
                        writer(training, files, baseModel, model.parameters().get(WORDS)))
                .withObjective(model.objective())
                .withObjective(Map.of("lora_dropout", Double.toString(options.dropout())));
        return model.evaluation()
                .map(program -> LoraModel.of(program, config, options.withDropout(0)))
                .map(evaluation -> adapted.withEvaluation(evaluation.withConstants(model.parameters()::get)))
                .orElse(adapted);
    }

    /** Writes PEFT's files, and beside them the configuration, which has the names of labels. */
    private static ModelWriter writer(
            LoraModel model, ModelFolderWriter files, Optional<String> baseModel, Tensor words) {
        Optional<Architecture> head = files.config().architecture();
        boolean ofVocabulary = model.trained().containsKey(VOCABULARY_BIAS);
        Optional<Tensor> tied = Optional.ofNullable(words).filter(table -> ofVocabulary);
        return new ModelWriter() {
            @Override
            public void write(Path folder, Map<String, Tensor> parameters) throws IOException {
                files.writeConfiguration(folder);
                AdapterWriter.writeInto(
                        folder,
                        model.config(folder, head, baseModel),
                        tied.map(table -> withDecoder(parameters, table)).orElse(parameters));
            }

            @Override
            public void checkGoesOn(Path checkpoint) {
                checkScale(AdapterConfig.read(checkpoint), model.config(checkpoint, head, baseModel));
            }
        };
    }

    /** Refuses an adapter that was trained with another factor of its change. Other shapes are refused in any case. */
    private static void checkScale(AdapterConfig then, AdapterConfig now) {
        if (then.scale(then.rank(), then.alpha()) != now.scale(now.rank(), now.alpha())) {
            throw new TrainingException(then.file() + " has lora_alpha " + then.alpha() + " and use_rslora "
                    + then.rankStabilized() + ", and here they are " + now.alpha() + " and " + now.rankStabilized()
                    + ": go on with the options of then, or begin in another output_dir");
        }
    }

    /**
     * Adds the decoder to the head of a masked LM. HuggingFace ties it to the bias and mostly to the word embeddings; a
     * module that PEFT saves is a copy, which is tied to nothing, so that PEFT reads all of it from the adapter.
     */
    private static Map<String, Tensor> withDecoder(Map<String, Tensor> parameters, Tensor words) {
        Map<String, Tensor> all = new HashMap<>(parameters);
        all.put(DECODER + "bias", parameters.get(VOCABULARY_BIAS));
        all.putIfAbsent(DECODER + "weight", words);
        return all;
    }
}
