package detangle.pipelines;

import detangle.models.text.Encoding;

/**
 * A piece of a text as the model reads it.
 *
 * @param starts where the tokens of each word begin, choices before the text included, and where those of the last end
 */
record SchemaInput(SchemaPiece piece, Encoding encoding, int[] starts) {}
