package detangle.cli;

import detangle.backend.ComputePrecision;
import detangle.backend.InputException;
import detangle.cli.ExpectedValues.Index;
import detangle.cli.ExpectedValues.Input;
import detangle.cli.ExpectedValues.Point;
import detangle.cli.Failures.CliException;
import detangle.ir.Tensor;
import detangle.models.deberta.InputNames;
import detangle.models.text.Encoding;
import detangle.models.text.Tokenizers;
import detangle.runtime.OptionValues;
import detangle.runtime.Session;
import detangle.runtime.SessionOptions;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.LongStream;

/**
 * The distance of a model's answer from expected values.
 *
 * @param values what is expected
 * @param difference the largest distance of a number from the one that is expected
 * @param at the place of that number
 */
record ValueComparison(ExpectedValues values, double difference, List<Index> at) {
    /**
     * Runs a model.
     *
     * @param model a folder or an artifact
     * @param backend what it runs on; the best one of the CPU if it is empty
     * @param precision in which the backend computes
     * @throws CliException if the values have places that the output has not
     */
    static ValueComparison of(ExpectedValues values, Path model, Optional<String> backend, ComputePrecision precision) {
        SessionOptions head = SessionOptions.DEFAULT
                .withHead(values.head())
                .withHiddenStates(false)
                .withPrecision(precision);
        try (Session session = Session.load(model, OptionValues.with(head, backend, SessionOptions::withBackend))) {
            Tensor output = session.run(inputs(values, model, session)).get(values.output());
            if (output == null) {
                throw fault(values, "the head " + values.head().text() + " has no output '" + values.output() + "'");
            }
            ValueComparison worst = null;
            for (Point point : values.points()) {
                long[] at = place(values, point, session, output);
                double value = values.softmax() ? probability(output, at) : output.getDouble(offset(output, at));
                double difference = Math.abs(value - point.value());
                // A number that is not finite is farther away than any other one.
                if (worst == null || !(difference <= worst.difference())) {
                    worst = new ValueComparison(values, difference, point.at());
                }
                if (Double.isNaN(difference)) {
                    return worst;
                }
            }
            return worst;
        } catch (InputException e) {
            throw fault(values, e.getMessage());
        }
    }

    /** Returns whether the difference is not beyond the tolerance. */
    boolean agrees() {
        return difference <= values.tolerance();
    }

    private static Map<String, Tensor> inputs(ExpectedValues values, Path model, Session session) {
        Map<String, Tensor> inputs = new HashMap<>();
        Tensor ids = switch (values.input()) {
            case Input.Ids given -> tensor(given.ids());
            case Input.Text given -> {
                Encoding encoding = Tokenizers.load(model).encode(given.text());
                yield Tensor.of(Arrays.stream(encoding.ids()).asLongStream().toArray(), 1, encoding.ids().length);
            }
        };
        inputs.put(InputNames.IDS, ids);
        Optional<Tensor> mask = switch (values.input()) {
            case Input.Ids given -> given.mask().map(ValueComparison::tensor);
            case Input.Text given -> Optional.empty();
        };
        inputs.put(InputNames.MASK, mask.orElseGet(() -> filled(ids, 1)));
        if (session.config().typeVocabSize() > 0) {
            inputs.put(InputNames.TOKEN_TYPES, filled(ids, 0));
        }
        return inputs;
    }

    private static Tensor tensor(List<List<Long>> rows) {
        long[] numbers = rows.stream()
                .flatMapToLong(row -> row.stream().mapToLong(Long::longValue))
                .toArray();
        return Tensor.of(numbers, rows.size(), rows.getFirst().size());
    }

    private static Tensor filled(Tensor like, long value) {
        return Tensor.of(LongStream.generate(() -> value).limit(like.elements()).toArray(), like.shape());
    }

    private static long[] place(ExpectedValues values, Point point, Session session, Tensor output) {
        List<Index> at = point.at();
        if (at.size() != output.rank()) {
            throw fault(
                    values,
                    "the place " + text(at) + " has " + at.size() + " axes, and " + values.output() + " has "
                            + output.rank());
        }
        long[] place = new long[at.size()];
        for (int axis = 0; axis < place.length; axis++) {
            place[axis] = switch (at.get(axis)) {
                case Index.Number given -> given.number();
                case Index.Label label -> session.config().labels().indexOf(label.name());
            };
            if (place[axis] < 0 || place[axis] >= output.dim(axis)) {
                throw fault(
                        values,
                        values.output() + " has the shape " + Arrays.toString(output.shape()) + " and no place "
                                + text(at));
            }
        }
        return place;
    }

    private static long offset(Tensor output, long[] at) {
        long offset = 0;
        for (int axis = 0; axis < at.length; axis++) {
            offset = offset * output.dim(axis) + at[axis];
        }
        return offset;
    }

    private static double probability(Tensor logits, long[] at) {
        long[] first = at.clone();
        first[first.length - 1] = 0;
        long row = offset(logits, first);
        double sum = 0;
        for (long i = 0; i < logits.dim(-1); i++) {
            sum += Math.exp(logits.getDouble(row + i) - logits.getDouble(offset(logits, at)));
        }
        return 1 / sum;
    }

    /** Returns a place as it is written in a file of values: {@code [0, 1, "B-AGE"]}. */
    static String text(List<Index> at) {
        return at.stream()
                .map(index -> switch (index) {
                    case Index.Number given -> Integer.toString(given.number());
                    case Index.Label label -> '"' + label.name() + '"';
                })
                .toList()
                .toString();
    }

    private static CliException fault(ExpectedValues values, String message) {
        return new CliException("the values of " + values.model() + ": " + message);
    }
}
