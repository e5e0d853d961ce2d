package detangle.pipelines;

import detangle.pipelines.schema.Schema;
import detangle.pipelines.schema.SchemaAnswer;
import detangle.pipelines.schema.SchemaOptions;

/** Computes answers from the states of tokens, by one of GLiNER2's architectures. */
sealed interface SchemaArchitecture permits SpanArchitecture, BoundaryArchitecture {
    /**
     * Throws a {@link detangle.pipelines.schema.SchemaException} that names the part of a schema that this architecture
     * does not support.
     */
    void check(Schema schema, SchemaOptions options);

    /**
     * Returns the answer for a piece of a text. Offsets are those in the text that the model reads.
     *
     * @param tokens states of all tokens
     * @param words states of words, choices before the text included
     */
    SchemaAnswer answer(
            SchemaInput input, SchemaPrompt prompt, float[][] tokens, float[][] words, SchemaOptions options);
}
