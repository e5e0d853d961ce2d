package detangle.train;

import detangle.ir.Program;
import detangle.ir.Tensor;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * A model that can be trained.
 *
 * @param phases the model with its loss, in one program or in several that follow each other in each update
 * @param evaluation the same model without dropout; needed if the model is evaluated during training
 * @param parameters a tensor for each parameter of the programs, by name: the values to begin with
 * @param layers the number of layers of the encoder, for a rate that falls from layer to layer
 * @param writer the writer of the model's files in a checkpoint; needed if checkpoints are saved
 * @param objective what the loss follows from beside the rows, by the names of options: {@code vat_lambda}. A
 *     checkpoint of another objective is refused when training goes on
 */
public record TrainableModel(
        List<TrainingPhase> phases,
        Optional<Program> evaluation,
        Map<String, Tensor> parameters,
        int layers,
        Optional<ModelWriter> writer,
        SortedMap<String, String> objective) {
    public TrainableModel {
        phases = List.copyOf(phases);
        parameters = Map.copyOf(parameters);
        objective = Collections.unmodifiableSortedMap(new TreeMap<>(objective));
        if (phases.isEmpty()) {
            throw new TrainingException("a model needs at least one phase of training");
        }
    }

    /**
     * Returns a model that is neither evaluated during training nor saved.
     *
     * @param training the model with its loss, as {@link detangle.models.deberta.TrainingModel} builds it
     */
    public static TrainableModel of(Program training, Map<String, Tensor> parameters, int layers) {
        return of(List.of(TrainingPhase.of(training)), parameters, layers);
    }

    /** Returns a model of several phases that is neither evaluated during training nor saved. */
    public static TrainableModel of(List<TrainingPhase> phases, Map<String, Tensor> parameters, int layers) {
        return new TrainableModel(phases, Optional.empty(), parameters, layers, Optional.empty(), new TreeMap<>());
    }

    /**
     * Returns the model with its loss.
     *
     * @throws TrainingException if there are several phases
     */
    public Program training() {
        if (phases.size() > 1) {
            throw new TrainingException("a model of " + phases.size() + " phases has no program of its own: "
                    + phases.stream().map(TrainingPhase::name).toList());
        }
        return phases.getFirst().program();
    }

    public TrainableModel withEvaluation(Program program) {
        return new TrainableModel(phases, Optional.of(program), parameters, layers, writer, objective);
    }

    /** Adds to what the loss follows from, by the names of options. */
    public TrainableModel withObjective(Map<String, String> more) {
        SortedMap<String, String> all = new TreeMap<>(objective);
        all.putAll(more);
        return new TrainableModel(phases, evaluation, parameters, layers, writer, all);
    }

    public TrainableModel withWriter(ModelWriter files) {
        return new TrainableModel(phases, evaluation, parameters, layers, Optional.of(files), objective);
    }
}
