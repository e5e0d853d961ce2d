package detangle.experiment;

import detangle.ir.Program;
import detangle.ir.Tensor;
import detangle.models.deberta.ModelFolderWriter;
import detangle.models.files.WholeFolder;
import detangle.train.Batches;
import detangle.train.Evaluator;
import detangle.train.ModelEvaluation;
import detangle.train.TrainableModel;
import detangle.train.Trainer;
import detangle.train.TrainingCallback;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/**
 * The work of an experiment whose task has a corpus in the place of examples: it evaluates, trains, and evaluates and
 * saves at each {@code dump_interval}.
 *
 * @param model the model, which is evaluated and written
 * @param notices the lines that are logged before the work, such as those about initial values
 * @param set the name of the corpus to evaluate with, for messages
 * @param evaluator the evaluator on that corpus
 * @param critical the name of the measure that decides on the best model
 */
public record Pretraining(
        Experiment experiment,
        TrainableModel model,
        List<String> notices,
        String set,
        Evaluator evaluator,
        String critical) {
    private static final String EVAL_METRIC = "eval_metric";

    /**
     * Does the work.
     *
     * @param batches the batches to train with, which are asked for once, if the model is trained
     * @return the parameters after the last update; empty if the model is not trained
     */
    public Optional<Map<String, Tensor>> run(Supplier<Batches> batches) {
        ExperimentOptions options = experiment.options();
        notices.forEach(experiment.log());
        Measuring measuring = new Measuring(options.tag());
        Optional<Trainer> trainer =
                options.doTrain() ? Optional.of(trainer(batches.get(), measuring)) : Optional.empty();
        trainer.ifPresent(Trainer::check);
        experiment.begin();
        if (options.doEval()) {
            Program program = model.evaluation().orElseThrow();
            ModelEvaluation.of(program, model.parameters(), options.training(), measuring);
        }
        return trainer.map(ready -> ready.train().parameters());
    }

    private Trainer trainer(Batches batches, Measuring measuring) {
        ExperimentOptions options = experiment.options();
        Trainer trainer = new Trainer(model, batches, options.trainingWithDumps())
                .with((Evaluator) measuring)
                .with((TrainingCallback) measuring)
                .with(new BestModel(options.outputDir(), experiment.log()));
        for (TrainingCallback callback : experiment.callbacks()) {
            trainer = trainer.with(callback);
        }
        return trainer;
    }

    /** Returns who writes {@code model_config.json}, the configuration of the model, when its training begins. */
    public static TrainingCallback configuration(ModelFolderWriter files, Path folder) {
        return ResultFiles.configuration(files, folder);
    }

    /** Deletes a folder of an earlier training with all that is in it, if it is there. */
    public static void delete(Path folder) {
        try {
            WholeFolder.delete(folder);
        } catch (IOException e) {
            throw ResultFiles.fault(folder, e);
        }
    }

    /** Evaluates, and logs the measures in the original's words. */
    private final class Measuring implements Evaluator, TrainingCallback {
        private String prefix;

        Measuring(String prefix) {
            this.prefix = prefix;
        }

        @Override
        public void onStep(Step step) {
            prefix = String.format(Locale.ROOT, "%06d-%d", step.done(), step.updates());
        }

        @Override
        public SequencedMap<String, Double> evaluate(UnaryOperator<Map<String, Tensor>> run) {
            SequencedMap<String, Double> measures = new LinkedHashMap<>(evaluator.evaluate(run));
            measures.put(EVAL_METRIC, measures.get(critical));
            StringBuilder line = new StringBuilder(set + " " + prefix);
            measures.forEach((name, value) -> line.append(String.format(Locale.ROOT, "  %s %.4f", name, value)));
            experiment.log().accept(line.toString());
            measures.put(ExperimentOptions.METRIC, measures.get(critical));
            return measures;
        }
    }
}
