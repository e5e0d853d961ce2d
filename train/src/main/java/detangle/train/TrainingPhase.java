package detangle.train;

import detangle.ir.Program;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * A part of each update: a model with its loss, and how the parameters that it trains are updated. Most trainings have
 * one phase. The phases of an update follow each other with the same rows and the same variables, so that each one
 * reads the parameters as the phases before it have left them. No parameter is trained by two of them.
 *
 * @param name the name for messages and logs; it is not shown where there is one phase
 * @param program the model with its loss, as {@link detangle.models.deberta.TrainingModel} builds it
 * @param outputs the outputs of the program that count beside its loss: numbers, {@code f32[]}, are reported, and
 *     others are inputs of the phases that follow
 * @param optimizer how the phase's options differ from those of the training
 */
public record TrainingPhase(
        String name, Program program, List<String> outputs, UnaryOperator<OptimizerOptions> optimizer) {
    public TrainingPhase {
        outputs = List.copyOf(outputs);
    }

    /** Returns the only phase of a training, whose program counts for its loss alone. */
    public static TrainingPhase of(Program program) {
        return new TrainingPhase("training", program, List.of(), UnaryOperator.identity());
    }
}
