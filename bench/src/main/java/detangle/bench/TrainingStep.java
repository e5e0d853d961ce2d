package detangle.bench;

import detangle.ir.DType;
import detangle.train.TrainingPrograms;
import detangle.train.lora.LoraOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * The description of a timed step of training.
 *
 * @param adapter the adapter that is trained beside the head; all parameters are trained where it is empty
 * @param gradientCheckpointing whether the backward pass computes each layer again
 */
public record TrainingStep(Optional<LoraOptions> adapter, boolean gradientCheckpointing) {
    private static final String CHECKPOINTING = "gradient_checkpointing";

    /** Returns words that tell a process of the step: {@code [gradient_checkpointing] [RANK DROPOUT [WEIGHT_TYPE]]}. */
    List<String> words() {
        List<String> words = new ArrayList<>();
        if (gradientCheckpointing) {
            words.add(CHECKPOINTING);
        }
        adapter.ifPresent(lora -> {
            words.add(Integer.toString(lora.rank()));
            words.add(Double.toString(lora.dropout()));
            lora.frozenType().ifPresent(type -> words.add(type.text()));
        });
        return words;
    }

    /** Reads what {@link #words} wrote. */
    static TrainingStep of(List<String> words) {
        boolean checkpointing = !words.isEmpty() && words.getFirst().equals(CHECKPOINTING);
        List<String> adapter = words.subList(checkpointing ? 1 : 0, words.size());
        if (adapter.isEmpty()) {
            return new TrainingStep(Optional.empty(), checkpointing);
        }
        LoraOptions lora = LoraOptions.DEFAULT
                .withRank(Integer.parseInt(adapter.get(0)))
                .withDropout(Double.parseDouble(adapter.get(1)));
        return new TrainingStep(
                Optional.of(
                        adapter.size() == 2
                                ? lora
                                : lora.withFrozenType(
                                        DType.valueOf(adapter.get(2).toUpperCase(Locale.ROOT)))),
                checkpointing);
    }

    /** Returns the programs as the step runs them. */
    TrainingPrograms programs(TrainingPrograms kept) {
        return gradientCheckpointing ? kept.withGradientCheckpointing() : kept;
    }
}
