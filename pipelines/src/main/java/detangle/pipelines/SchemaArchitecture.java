package detangle.pipelines;

import detangle.pipelines.schema.Schema;
import detangle.pipelines.schema.SchemaAnswer;
import detangle.pipelines.schema.SchemaOptions;

/** Makes answers of the states of tokens, as one of GLiNER2's architectures does. */
sealed interface SchemaArchitecture permits SpanArchitecture, BoundaryArchitecture {
    /** Refuses, by a typed exception that names it, what a model of this architecture is not asked for. */
    void check(Schema schema, SchemaOptions options);

    /**
     * Returns what a piece of a text holds. Offsets are those of what the model reads.
     *
     * @param tokens states of all tokens
     * @param words states of words, choices before the text included
     */
    SchemaAnswer answer(
            SchemaInput input, SchemaPrompt prompt, float[][] tokens, float[][] words, SchemaOptions options);
}
