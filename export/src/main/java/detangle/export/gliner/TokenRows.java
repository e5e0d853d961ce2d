package detangle.export.gliner;

import detangle.export.onnx.Attribute;
import detangle.export.onnx.OnnxModel;
import detangle.ir.DType;
import java.util.List;

/** Operators that find tokens in a batch and take their states. B texts have S tokens each. */
final class TokenRows {
    private static final Attribute ALONG_TEXT = Attribute.of("axis", 1);

    private final OnnxModel model;
    private final String batch;
    private final String length;

    /**
     * Reads the sizes of a batch.
     *
     * @param ids {@code i64[B,S]}
     */
    TokenRows(OnnxModel model, String ids) {
        this.model = model;
        this.batch = size(ids, 0);
        this.length = size(ids, 1);
    }

    /** B, {@code i64[1]}. */
    String batch() {
        return batch;
    }

    /** Returns the size of an axis, {@code i64[1]}. */
    String size(String value, long axis) {
        return model.operator("Shape", List.of(value), Attribute.of("start", axis), Attribute.of("end", axis + 1));
    }

    /** Returns the numbers from 0 to before a size {@code i64[1]}, {@code i64[N]}. */
    String range(String size) {
        return model.operator("Range", List.of(model.scalar(DType.I64, 0), scalar(size), model.scalar(DType.I64, 1)));
    }

    private String scalar(String vector) {
        return model.operator("Squeeze", List.of(vector, model.longs(0)));
    }

    /**
     * Returns numbers from 1 on for the places of a token in each text, in order, and 0 elsewhere, {@code i64[B,S]}.
     */
    String numbered(String ids, long token) {
        String found = model.cast(model.operator("Equal", List.of(ids, model.scalar(DType.I64, token))), DType.I64);
        String order = model.operator("CumSum", List.of(found, model.scalar(DType.I64, 1)));
        return model.operator("Mul", List.of(order, found));
    }

    /** Returns the greatest of all numbers, {@code i64[1]}. */
    String most(String numbers) {
        String all = model.operator("Reshape", List.of(numbers, model.longs(-1)));
        return model.operator("ReduceMax", List.of(all, model.longs(0)));
    }

    /**
     * Returns where the tokens with the numbers from 1 on stand in their texts.
     *
     * @param numbers {@code i64[B,S]}, 0 where a token has none
     * @param count N, {@code i64[1]}
     * @return {@code i64[B,N]}, -1 where a text has no such number
     */
    String places(String numbers, String count) {
        String slots = model.operator("Add", List.of(count, model.longs(1)));
        String shape = model.operator("Concat", List.of(batch, slots), Attribute.of("axis", 0));
        String none = model.operator("Expand", List.of(model.scalar(DType.I64, -1), shape));
        // One more than the place, which is added to -1. Slot 0 takes the tokens without a number.
        String next = model.operator("Add", List.of(range(length), model.longs(1)));
        String nextOfEach = model.operator(
                "Expand", List.of(next, model.operator("Concat", List.of(batch, length), Attribute.of("axis", 0))));
        String filled = model.operator(
                "ScatterElements", List.of(none, numbers, nextOfEach), ALONG_TEXT, Attribute.of("reduction", "add"));
        return model.operator("Slice", List.of(filled, model.longs(1), slots, model.longs(1)));
    }

    /**
     * Returns the states of tokens, with zeros where there is none.
     *
     * @param states {@code f32[B,S,D]}
     * @param places {@code i64[B,N]}, -1 where there is none
     * @param offset from a place to the token whose state is taken
     * @return {@code f32[B,N,D]}
     */
    String taken(String states, String places, long offset, long width) {
        String nothing = model.scalar(DType.I64, 0);
        String place = model.operator("Max", List.of(places, nothing));
        String token = offset == 0 ? place : model.operator("Add", List.of(place, model.longs(offset)));
        String row = model.operator("Add", List.of(token, firstRows(length)));
        String rows = model.operator("Reshape", List.of(states, model.longs(-1, width)));
        String taken = model.operator("Gather", List.of(rows, row), Attribute.of("axis", 0));
        String isThere = model.operator(
                "Unsqueeze", List.of(model.operator("GreaterOrEqual", List.of(places, nothing)), model.longs(-1)));
        return model.operator("Where", List.of(isThere, taken, model.scalar(DType.F32, 0)));
    }

    /** Returns the number of each text's first row in a table of so many rows a text, {@code i64[B,1]}. */
    String firstRows(String rows) {
        String first = model.operator("Mul", List.of(range(batch), rows));
        return model.operator("Unsqueeze", List.of(first, model.longs(1)));
    }

    /**
     * Returns the same rows for each text.
     *
     * @param vectors {@code f32[N,D]}
     * @return {@code f32[B,N,D]}
     */
    String ofEachText(String vectors) {
        String sizes = model.operator("Shape", List.of(vectors));
        String shape = model.operator("Concat", List.of(batch, sizes), Attribute.of("axis", 0));
        return model.operator("Expand", List.of(vectors, shape));
    }
}
