package detangle.cli;

import detangle.cli.Failures.CliException;
import java.util.Arrays;
import java.util.Optional;
import java.util.function.Function;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/** Numbers in lists in lists, as deep as they are nested: a tensor in JSON. */
record NestedNumbers(double[] values, long[] shape) {
    /** Numbers of the largest tensor. A mask of pairs for 8 sequences of 512 tokens has as many. */
    static final int MAX_NUMBERS = 1 << 21;

    private static final int MAX_RANK = 4;

    /**
     * Reads the value at the parser's token; empty if it is null.
     *
     * @param fault makes the exception of a message, which goes on from the name of what is read
     */
    static Optional<NestedNumbers> read(JsonParser parser, Function<String, CliException> fault) {
        if (parser.currentToken() == JsonToken.VALUE_NULL) {
            return Optional.empty();
        }
        if (parser.currentToken() != JsonToken.START_ARRAY) {
            throw fault.apply(" is not a list");
        }
        Reading reading = new Reading(parser, fault);
        reading.list(0);
        return Optional.of(new NestedNumbers(
                Arrays.copyOf(reading.values, reading.count), Arrays.copyOf(reading.shape, reading.rank)));
    }

    /** A tensor while it is read. The first list of each depth says how long the others are. */
    private static final class Reading {
        private static final long UNKNOWN = -1;

        private final JsonParser parser;
        private final Function<String, CliException> fault;
        private final long[] shape = new long[MAX_RANK];
        private double[] values = new double[16];
        private int count;

        /** The depth at which numbers stand; 0 before the first. */
        private int rank;

        Reading(JsonParser parser, Function<String, CliException> fault) {
            this.parser = parser;
            this.fault = fault;
            Arrays.fill(shape, UNKNOWN);
        }

        void list(int depth) {
            if (depth == MAX_RANK) {
                throw fault.apply(" is not a list of numbers, nor of lists of numbers up to " + MAX_RANK + " deep");
            }
            long length = 0;
            while (parser.nextToken() != JsonToken.END_ARRAY) {
                length++;
                switch (parser.currentToken()) {
                    case START_ARRAY -> {
                        if (rank != 0 && depth + 1 >= rank) {
                            throw ragged();
                        }
                        list(depth + 1);
                    }
                    case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> number(depth);
                    default -> throw fault.apply(" holds '" + parser.getString() + "', which is not a number");
                }
            }
            if (length == 0) {
                throw fault.apply(" holds an empty list");
            }
            if (shape[depth] == UNKNOWN) {
                shape[depth] = length;
            } else if (shape[depth] != length) {
                throw ragged();
            }
        }

        private void number(int depth) {
            if (rank == 0) {
                rank = depth + 1;
            } else if (rank != depth + 1) {
                throw ragged();
            }
            if (count == MAX_NUMBERS) {
                throw fault.apply(" has more than the " + MAX_NUMBERS + " numbers that are read");
            }
            double value = parser.getDoubleValue();
            if (!Double.isFinite(value)) {
                throw fault.apply(" holds '" + parser.getString() + "', which is too large");
            }
            if (count == values.length) {
                values = Arrays.copyOf(values, 2 * count);
            }
            values[count++] = value;
        }

        private CliException ragged() {
            return fault.apply(": its rows differ in length: pad them");
        }
    }
}
