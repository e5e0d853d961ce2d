package detangle.train.data;

import detangle.ir.Tensor;
import java.util.SequencedMap;

/** The answer that a model should give for an example. */
public sealed interface Target {
    /** An unknown answer: in predictions, and where masks give the labels. */
    Target NONE = new Unknown();

    /** An unknown answer; see {@link #NONE}. */
    record Unknown() implements Target {}

    /** A class, or the right one of several choices, counted from 0. */
    record OneClass(int index) implements Target {}

    /** A number for each output: one for regression; 1 or 0 for each label that an example may have. */
    record Numbers(float[] values) implements Target {}

    /** A class for each token, or -100 for a token that does not count. */
    record TokenClasses(int[] indices) implements Target {}

    /** The first and the last token of an answer; both 0 if there is none. */
    record Span(int start, int end) implements Target {}

    /**
     * The inputs that a caller's head and loss read, by name, without the axis of the batch. A batch stacks those of
     * its examples, and fills the smaller ones with zeros at the ends of their axes. All examples have the same names,
     * with tensors of the same rank and of one type, {@code i64} or {@code f32}.
     */
    record Inputs(SequencedMap<String, Tensor> tensors) implements Target {}
}
