package detangle.experiment.data;

import java.util.Map;

/**
 * The input from which a task makes its examples.
 *
 * @param folder the folder with the files of the task
 * @param features makes features of texts
 * @param debug whether only some examples are wanted, so that a trial takes little time
 * @param options the values of the task's own options by name; an option that was not given has its default
 */
public record TaskInput(DataFolder folder, SegmentFeatures features, boolean debug, Map<String, String> options) {
    public TaskInput {
        options = Map.copyOf(options);
    }
}
