package detangle.spark;

import detangle.ir.DetangleException;
import detangle.ir.DeviceException;
import detangle.ir.InternalException;
import detangle.ir.InvalidInputException;
import detangle.ir.InvalidModelException;
import detangle.train.TrainingOptions;
import detangle.train.data.Example;
import detangle.train.data.Order;
import detangle.train.task.Task;
import detangle.train.task.TaskModelOptions;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * The data that each process of a training on a cluster receives.
 *
 * @param name the name of the training, which no other training has
 * @param secret a secret that nobody else knows
 * @param model a path on each machine, a file of the job, or a name on the hub
 * @param options the options of training, which go on from the newest checkpoint
 * @param validation the examples to evaluate with; none if the model is not evaluated
 */
record TrainingJob(
        String name,
        byte[] secret,
        String model,
        Task task,
        TaskModelOptions modelOptions,
        TrainingOptions options,
        int evalBatchSize,
        Order order,
        int syncEvery,
        Duration timeout,
        List<Example> training,
        List<Example> validation) {

    /**
     * The end of a process.
     *
     * @param result the result of the training; empty if it has failed
     * @param refusal the message of a failure that a second attempt would not mend, such as a wrong option; empty if
     *     there is none
     * @param failure the message of any other failure; empty if there is none
     */
    record Ended(Optional<TextTrainingResult> result, Optional<String> refusal, Optional<String> failure) {
        static Ended well(TextTrainingResult result) {
            return new Ended(Optional.of(result), Optional.empty(), Optional.empty());
        }

        static Ended of(DetangleException e) {
            Optional<String> message = Optional.of(e.getMessage());
            return switch (e) {
                case InvalidInputException input -> new Ended(Optional.empty(), message, Optional.empty());
                case InvalidModelException bad -> new Ended(Optional.empty(), message, Optional.empty());
                case DeviceException gone -> new Ended(Optional.empty(), Optional.empty(), message);
                case InternalException bug -> new Ended(Optional.empty(), Optional.empty(), message);
            };
        }
    }
}
