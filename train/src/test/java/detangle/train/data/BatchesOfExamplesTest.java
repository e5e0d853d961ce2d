package detangle.train.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.ir.Tensor;
import detangle.train.Batch;
import detangle.train.BatchPlan;
import detangle.train.Recipe;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** Orders, masks, and what a batch is made of. */
final class BatchesOfExamplesTest {
    private static Example example(Target target, int pairStart, int... ids) {
        return Example.of(new TokenIds(ids, pairStart), target);
    }

    @Test
    void shorterExamplesArePadded() {
        List<Example> all = List.of(
                example(new Target.OneClass(2), 3, 1, 7, 2),
                example(new Target.OneClass(0), 3, 1, 8, 2, 9, 2),
                example(new Target.OneClass(1), 2, 1, 2));
        Map<String, Tensor> batch = Collator.of(0, true).batch(all, new int[] {1, 0}, 0);
        assertArrayEquals(new long[] {2, 5}, batch.get("input_ids").shape());
        assertArrayEquals(
                new long[] {1, 8, 2, 9, 2, 1, 7, 2, 0, 0},
                batch.get("input_ids").toLongs());
        assertArrayEquals(
                new long[] {1, 1, 1, 1, 1, 1, 1, 1, 0, 0},
                batch.get("attention_mask").toLongs());
        assertArrayEquals(
                new long[] {0, 0, 0, 1, 1, 0, 0, 0, 0, 0},
                batch.get("token_type_ids").toLongs());
        assertArrayEquals(new long[] {0, 2}, batch.get("labels").toLongs());
        Collator wide = Collator.of(0, false).withMultiple(4);
        assertArrayEquals(
                new long[] {2, 8},
                wide.batch(all, new int[] {1, 0}, 0).get("input_ids").shape());
    }

    @Test
    void labelsHaveTheShapeOfTheirLoss() {
        Collator collator = Collator.of(0, false);
        Map<String, Tensor> numbers =
                collator.batch(List.of(example(new Target.Numbers(new float[] {1, 0}), 1, 5)), new int[] {0}, 0);
        assertArrayEquals(new long[] {1, 2}, numbers.get("labels").shape());
        Map<String, Tensor> tokens = collator.batch(
                List.of(
                        example(new Target.TokenClasses(new int[] {-100, 3, -100}), 3, 1, 5, 2),
                        example(new Target.TokenClasses(new int[] {-100, -100}), 2, 1, 2)),
                new int[] {0, 1},
                0);
        assertArrayEquals(
                new long[] {-100, 3, -100, -100, -100, -100},
                tokens.get("labels").toLongs());
        Map<String, Tensor> spans =
                collator.batch(List.of(example(new Target.Span(1, 2), 3, 1, 5, 2)), new int[] {0}, 0);
        assertArrayEquals(new long[] {1}, spans.get("start_positions").toLongs());
        assertArrayEquals(new long[] {2}, spans.get("end_positions").toLongs());
        Example choices = new Example(
                List.of(new TokenIds(new int[] {1, 2}, 2), new TokenIds(new int[] {1, 5, 2}, 3)),
                new Target.OneClass(1));
        assertArrayEquals(
                new long[] {1, 2, 3},
                collator.batch(List.of(choices), new int[] {0}, 0)
                        .get("input_ids")
                        .shape());
    }

    @Test
    void anOrderFollowsFromSeedAndEpoch() {
        int[] lengths = new int[100];
        int[] order = Order.SHUFFLED.of(lengths, 8, 42, 0);
        assertArrayEquals(order, Order.SHUFFLED.of(lengths, 8, 42, 0));
        assertFalse(Arrays.equals(order, Order.SHUFFLED.of(lengths, 8, 42, 1)));
        assertFalse(Arrays.equals(order, Order.SHUFFLED.of(lengths, 8, 43, 0)));
        assertArrayEquals(
                IntStream.range(0, 100).toArray(), Arrays.stream(order).sorted().toArray());
    }

    @Test
    void groupsAreSortedByLengthAndTheLongestComesFirst() {
        int[] lengths = IntStream.range(0, 1000).map(i -> i * 7919 % 1000).toArray();
        int[] order = Order.GROUPED_BY_LENGTH.of(lengths, 4, 1, 0);
        assertArrayEquals(
                IntStream.range(0, 1000).toArray(),
                Arrays.stream(order).sorted().toArray());
        assertEquals(999, lengths[order[0]]);
        // Stretches have min(1000 / 16, 50) = 50 batches of 4; the swap of the longest may disturb one place of each.
        int rises = (int) IntStream.range(1, 1000)
                .filter(i -> i % 200 != 0 && lengths[order[i]] > lengths[order[i - 1]])
                .count();
        assertTrue(rises <= 1, rises + " rises");
    }

    @Test
    void masksAreDrawnWithTheirProbabilities() {
        int[] ids = IntStream.range(0, 20_002).map(i -> 10 + i % 50).toArray();
        TokenMasking masking = new TokenMasking(3, 1000, 0.15, 7);
        Masking.Masked masked = masking.of(ids, 0, 0);
        int drawn = 0;
        int replaced = 0;
        int kept = 0;
        for (int i = 0; i < ids.length; i++) {
            if (masked.labels()[i] < 0) {
                assertEquals(ids[i], masked.ids()[i]);
                continue;
            }
            assertEquals(ids[i], masked.labels()[i]);
            drawn++;
            kept += masked.ids()[i] == ids[i] ? 1 : 0;
            replaced += masked.ids()[i] != ids[i] && masked.ids()[i] != 3 ? 1 : 0;
        }
        // Four standard errors.
        assertEquals(3000, drawn, 4 * Math.sqrt(20_000 * 0.15 * 0.85));
        assertEquals(0.1 * drawn, replaced, 4 * Math.sqrt(drawn * 0.1 * 0.9));
        assertEquals(0.1 * drawn, kept, 4 * Math.sqrt(drawn * 0.1 * 0.9));
        assertEquals(-100, masked.labels()[0]);
        assertArrayEquals(masked.ids(), masking.of(ids, 0, 0).ids());
        assertFalse(Arrays.equals(masked.ids(), masking.of(ids, 1, 0).ids()));
    }

    @Test
    void aMaskedModelIsToldWhichTokensToGuess() {
        List<Example> all = List.of(example(Target.NONE, 3, 1, 7, 2), example(Target.NONE, 5, 1, 8, 9, 8, 2));
        Collator collator = Collator.of(0, false).withMasking(new TokenMasking(3, 10, 1, 7));
        Map<String, Tensor> batch = collator.batch(all, new int[] {0, 1}, 0);
        assertArrayEquals(new long[] {1, 6, 7, 8}, batch.get("masked_rows").toLongs());
        assertArrayEquals(new long[] {7, 8, 9, 8}, batch.get("labels").toLongs());
        Collator none = Collator.of(0, false).withMasking(new TokenMasking(3, 10, 0, 7));
        Map<String, Tensor> least = none.batch(all, new int[] {0, 1}, 0);
        assertArrayEquals(new long[] {7}, least.get("masked_rows").toLongs());
        assertArrayEquals(
                new long[] {1, 7, 2, 0, 0, 1, 8, 3, 8, 2},
                least.get("input_ids").toLongs());
    }

    /** Special tokens, which are 1 and 2 here, stay as they are. */
    @Test
    void tokensAreHiddenAtEachEpochAnew() {
        int[] ids = IntStream.range(0, 1002)
                .map(i -> i == 0 ? 1 : i == 400 || i == 1001 ? 2 : 7)
                .toArray();
        List<Example> all = List.of(Example.of(new TokenIds(ids, 401), new Target.OneClass(0)));
        Collator collator = Collator.of(0, false).withInputMasking(new InputMasking(4, 0.1, 42));
        List<long[]> epochs = IntStream.range(0, 3)
                .mapToObj(epoch -> collator.batch(all, new int[] {0}, epoch)
                        .get("input_ids")
                        .toLongs())
                .toList();
        for (long[] given : epochs) {
            assertEquals(1, given[0]);
            assertEquals(2, given[400]);
            assertEquals(2, given[1001]);
            assertEquals(100, Arrays.stream(given).filter(id -> id == 4).count(), 30);
        }
        assertFalse(Arrays.equals(epochs.get(0), epochs.get(1)));
        assertArrayEquals(
                epochs.get(2),
                collator.batch(all, new int[] {0}, 2).get("input_ids").toLongs());
        assertArrayEquals(
                Arrays.stream(ids).asLongStream().toArray(),
                Collator.of(0, false)
                        .batch(all, new int[] {0}, 2)
                        .get("input_ids")
                        .toLongs());
    }

    @Test
    void aSplitHoldsBackItsShare() {
        List<Integer> all = IntStream.range(0, 200).boxed().toList();
        Split<Integer> split = Split.of(all, 0.1, 42);
        assertEquals(20, split.validation().size());
        assertEquals(180, split.training().size());
        assertTrue(split.training().stream().noneMatch(split.validation()::contains));
        assertEquals(split, Split.of(all, 0.1, 42));
    }

    @Test
    void anEpochTakesEachExampleOnce() {
        List<Example> all = IntStream.range(0, 23)
                .mapToObj(i -> example(new Target.OneClass(i), 1, i))
                .toList();
        EpochBatches batches = new EpochBatches(
                all, Collator.of(0, false), new BatchPlan(Recipe.HUGGINGFACE, 23, 4, 2), Order.SHUFFLED, 42);
        assertEquals(3, batches.updates());
        int[] taken = IntStream.range(0, 3)
                .mapToObj(update -> batches.update(1, update))
                .flatMap(List::stream)
                .flatMapToLong(
                        batch -> Arrays.stream(batch.inputs().get("labels").toLongs()))
                .mapToInt(label -> (int) label)
                .toArray();
        assertArrayEquals(Order.SHUFFLED.of(new int[23], 8, 42, 1), taken);
        assertEquals(3, batches.update(0, 2).getLast().rows());
        assertEquals(
                List.of(10, 10, 3),
                EpochBatches.inOrder(all, Collator.of(0, false), 10)
                        .map(Batch::rows)
                        .toList());
    }

    @Test
    void labelsThatDoNotCountAreNoItems() {
        List<Example> all = List.of(
                example(new Target.TokenClasses(new int[] {-100, 3, -100}), 3, 1, 5, 2),
                example(new Target.TokenClasses(new int[] {-100, -100}), 2, 1, 2));
        assertEquals(
                1,
                EpochBatches.inOrder(all, Collator.of(0, false), 2)
                        .findFirst()
                        .orElseThrow()
                        .items());
    }

    /** Slices of a batch follow each other, are padded alike, and are the whole together. */
    @Test
    void slicesAreTheWhole() {
        List<Example> all = IntStream.range(0, 11)
                .mapToObj(i -> example(
                        new Target.OneClass(i),
                        i + 1,
                        IntStream.rangeClosed(1, i + 1).toArray()))
                .toList();
        BatchPlan plan = new BatchPlan(Recipe.HUGGINGFACE, all.size(), 5, 2);
        EpochBatches whole = new EpochBatches(all, Collator.of(0, false), plan, Order.SHUFFLED, 3);
        for (int update = 0; update < 2; update++) {
            List<Batch> batches = whole.update(1, update);
            for (int i = 0; i < batches.size(); i++) {
                long[] labels = {};
                long[] ids = {};
                for (int rank = 0; rank < 3; rank++) {
                    EpochBatches slice = whole.slice(rank, 3);
                    assertEquals(whole.checksum(), slice.checksum());
                    assertEquals(whole.rows(), slice.rows());
                    Batch part = slice.update(1, update).get(i);
                    assertEquals(batches.get(i).rows() / 3.0, part.rows(), 0.99);
                    assertEquals(part.rows(), part.items());
                    if (part.rows() > 0) {
                        labels = joined(labels, part.inputs().get("labels"));
                        ids = joined(ids, part.inputs().get("input_ids"));
                    }
                }
                assertArrayEquals(batches.get(i).inputs().get("labels").toLongs(), labels);
                assertArrayEquals(batches.get(i).inputs().get("input_ids").toLongs(), ids);
            }
        }
    }

    private static long[] joined(long[] values, Tensor more) {
        return LongStream.concat(Arrays.stream(values), Arrays.stream(more.toLongs()))
                .toArray();
    }
}
