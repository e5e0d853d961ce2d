package detangle.train.data;

import detangle.ir.DType;
import detangle.ir.InternalException;
import detangle.ir.Tensor;
import detangle.models.deberta.HeadLosses;
import detangle.models.deberta.InputNames;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;

/**
 * Makes the inputs of a model and of its loss from some examples, and pads the shorter ones: {@code input_ids} and
 * {@code attention_mask}, {@code i64[B,S]}, or {@code i64[B,C,S]} of multiple choice; {@code token_type_ids} where the
 * model has them; and labels as {@link HeadLosses} takes them: {@code labels} of {@code i64[B]}, {@code f32[B,L]},
 * {@code i64[B,S]}, {@code i64[N]} with {@code masked_rows}, {@code start_positions} and {@code end_positions}, or the
 * {@link Target.Inputs} of a head of one's own.
 *
 * @param padToken the id of padding
 * @param tokenTypes whether the model has token types
 * @param multiple the number of which the length becomes a multiple, by rounding up
 * @param masking the rule that draws the labels of a masked language model
 * @param hiding the rule that replaces input tokens by {@code [MASK]} in tasks other than masked language modelling
 */
public record Collator(
        int padToken, boolean tokenTypes, int multiple, Optional<Masking> masking, Optional<InputMasking> hiding) {
    /** Makes a collator that pads to the longest example. */
    public static Collator of(int padToken, boolean tokenTypes) {
        return new Collator(padToken, tokenTypes, 1, Optional.empty(), Optional.empty());
    }

    public Collator withMultiple(int length) {
        return new Collator(padToken, tokenTypes, length, masking, hiding);
    }

    public Collator withMasking(Masking drawn) {
        return new Collator(padToken, tokenTypes, multiple, Optional.of(drawn), hiding);
    }

    public Collator withInputMasking(InputMasking hidden) {
        return new Collator(padToken, tokenTypes, multiple, masking, Optional.of(hidden));
    }

    /**
     * Makes a batch.
     *
     * @param all examples of one task
     * @param which the numbers of the examples in the batch, which also determine their masks
     * @param epoch the epoch that masks are drawn for
     */
    public SequencedMap<String, Tensor> batch(List<Example> all, int[] which, int epoch) {
        return batch(all, which, epoch, 0);
    }

    /** Makes a batch that is padded to a length, if its examples are not longer. */
    SequencedMap<String, Tensor> batch(List<Example> all, int[] which, int epoch, int minLength) {
        List<Example> examples = Arrays.stream(which).mapToObj(all::get).toList();
        int longest = Math.max(
                minLength, examples.stream().mapToInt(Example::length).max().orElseThrow());
        int length = padded(longest);
        int choices = examples.getFirst().texts().size();
        if (masking.isPresent()) {
            return masked(masked(masking.get(), all, which, epoch), length);
        }
        List<TokenIds> shown = new ArrayList<>();
        for (int row = 0; row < examples.size(); row++) {
            for (int c = 0; c < choices; c++) {
                TokenIds text = examples.get(row).texts().get(c);
                shown.add(new TokenIds(shown(text, epoch, which[row], c), text.pairStart()));
            }
        }
        long[] shape =
                choices > 1 ? new long[] {examples.size(), choices, length} : new long[] {examples.size(), length};
        SequencedMap<String, Tensor> batch = inputs(shown, length, shape);
        targets(examples, length, batch);
        return batch;
    }

    /**
     * Makes a batch of texts that {@link #masking} has masked. Labels are {@code labels i64[N]} of the tokens
     * {@code masked_rows i64[N]}. If no token has a label, the middle token of the longest text is masked, as a loss
     * needs one.
     */
    public SequencedMap<String, Tensor> masked(List<Masking.Masked> texts) {
        return masked(
                texts,
                padded(texts.stream().mapToInt(text -> text.ids().length).max().orElseThrow()));
    }

    private SequencedMap<String, Tensor> masked(List<Masking.Masked> texts, int length) {
        List<Masking.Masked> rows = withLabel(texts);
        List<TokenIds> shown = rows.stream()
                .map(row -> new TokenIds(row.ids(), row.ids().length))
                .toList();
        SequencedMap<String, Tensor> batch = inputs(shown, length, rows.size(), length);
        guessed(rows, length, batch);
        return batch;
    }

    private int padded(int longest) {
        return (longest + multiple - 1) / multiple * multiple;
    }

    /** Returns the inputs of the model: the texts, padded to a length. */
    private SequencedMap<String, Tensor> inputs(List<TokenIds> texts, int length, long... shape) {
        long[] ids = new long[Math.multiplyExact(texts.size(), length)];
        long[] mask = new long[ids.length];
        long[] types = new long[ids.length];
        Arrays.fill(ids, padToken);
        for (int row = 0; row < texts.size(); row++) {
            TokenIds text = texts.get(row);
            int first = row * length;
            for (int i = 0; i < text.length(); i++) {
                ids[first + i] = text.ids()[i];
                mask[first + i] = 1;
                types[first + i] = i < text.pairStart() ? 0 : 1;
            }
        }
        SequencedMap<String, Tensor> batch = new LinkedHashMap<>();
        batch.put(InputNames.IDS, Tensor.of(ids, shape));
        batch.put(InputNames.MASK, Tensor.of(mask, shape));
        if (tokenTypes) {
            batch.put(InputNames.TOKEN_TYPES, Tensor.of(types, shape));
        }
        return batch;
    }

    private int[] shown(TokenIds text, int epoch, int example, int choice) {
        return hiding.map(h -> h.of(text, epoch, example, choice)).orElse(text.ids());
    }

    /**
     * Returns the number of labels that count in the loss of a batch: of its rows, or of its tokens that have a label.
     */
    static long items(Map<String, Tensor> batch, int rows) {
        Tensor labels = batch.get(InputNames.LABELS);
        return labels == null || labels.dtype() != DType.I64
                ? rows
                : Arrays.stream(labels.toLongs()).filter(label -> label >= 0).count();
    }

    private static void targets(List<Example> examples, int length, SequencedMap<String, Tensor> batch) {
        int count = examples.size();
        switch (examples.getFirst().target()) {
            case Target.Unknown unknown -> {}
            case Target.OneClass first ->
                batch.put(
                        InputNames.LABELS,
                        Tensor.of(
                                examples.stream()
                                        .mapToLong(e ->
                                                same(e, Target.OneClass.class).index())
                                        .toArray(),
                                count));
            case Target.Numbers first -> {
                int width = first.values().length;
                float[] labels = new float[count * width];
                for (int row = 0; row < count; row++) {
                    System.arraycopy(
                            same(examples.get(row), Target.Numbers.class).values(), 0, labels, row * width, width);
                }
                batch.put(InputNames.LABELS, Tensor.of(labels, count, width));
            }
            case Target.TokenClasses first -> {
                long[] labels = new long[count * length];
                Arrays.fill(labels, HeadLosses.IGNORED);
                for (int row = 0; row < count; row++) {
                    int[] classes =
                            same(examples.get(row), Target.TokenClasses.class).indices();
                    for (int i = 0; i < classes.length; i++) {
                        labels[row * length + i] = classes[i];
                    }
                }
                batch.put(InputNames.LABELS, Tensor.of(labels, count, length));
            }
            case Target.Span first -> {
                List<Target.Span> spans =
                        examples.stream().map(e -> same(e, Target.Span.class)).toList();
                batch.put(
                        InputNames.START_POSITIONS,
                        Tensor.of(spans.stream().mapToLong(Target.Span::start).toArray(), count));
                batch.put(
                        InputNames.END_POSITIONS,
                        Tensor.of(spans.stream().mapToLong(Target.Span::end).toArray(), count));
            }
            case Target.Inputs first -> {
                List<Target.Inputs> inputs =
                        examples.stream().map(e -> same(e, Target.Inputs.class)).toList();
                first.tensors()
                        .keySet()
                        .forEach(name -> batch.put(
                                name,
                                Stack.of(inputs.stream()
                                        .map(i -> i.tensors().get(name))
                                        .toList())));
            }
        }
    }

    private static <T extends Target> T same(Example example, Class<T> kind) {
        if (!kind.isInstance(example.target())) {
            throw new InternalException("targets of one batch are of different kinds");
        }
        return kind.cast(example.target());
    }

    private static List<Masking.Masked> masked(Masking masking, List<Example> all, int[] which, int epoch) {
        return Arrays.stream(which)
                .mapToObj(example ->
                        masking.of(all.get(example).texts().getFirst().ids(), epoch, example))
                .toList();
    }

    private List<Masking.Masked> withLabel(List<Masking.Masked> texts) {
        if (texts.stream().anyMatch(text -> Arrays.stream(text.labels()).anyMatch(label -> label >= 0))) {
            return texts;
        }
        int longest = 0;
        for (int row = 1; row < texts.size(); row++) {
            longest = texts.get(row).ids().length > texts.get(longest).ids().length ? row : longest;
        }
        Masking.Masked text = texts.get(longest);
        int middle = text.ids().length / 2;
        int[] ids = text.ids().clone();
        int[] labels = text.labels().clone();
        labels[middle] = ids[middle];
        ids[middle] = masking.orElseThrow().maskToken();
        List<Masking.Masked> changed = new ArrayList<>(texts);
        changed.set(longest, new Masking.Masked(ids, labels));
        return changed;
    }

    private static void guessed(List<Masking.Masked> masked, int length, SequencedMap<String, Tensor> batch) {
        List<Long> rows = new ArrayList<>();
        List<Long> labels = new ArrayList<>();
        for (int row = 0; row < masked.size(); row++) {
            int[] ofRow = masked.get(row).labels();
            for (int i = 0; i < ofRow.length; i++) {
                if (ofRow[i] >= 0) {
                    rows.add((long) row * length + i);
                    labels.add((long) ofRow[i]);
                }
            }
        }
        batch.put(
                InputNames.MASKED_ROWS,
                Tensor.of(rows.stream().mapToLong(Long::longValue).toArray(), rows.size()));
        batch.put(
                InputNames.LABELS,
                Tensor.of(labels.stream().mapToLong(Long::longValue).toArray(), labels.size()));
    }
}
