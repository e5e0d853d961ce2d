package detangle.pipelines.redaction;

import detangle.pipelines.PipelineException;
import java.util.Optional;

/**
 * The settings of operators. Names and meanings are those of Presidio if it has them.
 *
 * @param newValue the text that replaces a part; {@code {label}} stands for the name of its kind
 * @param maskingChar the character that masks a part
 * @param hashLength the number of hexadecimal digits of a hash
 * @param key the key of hashes; without it, hashes cannot be made
 */
public record OperatorOptions(String newValue, String maskingChar, int hashLength, Optional<HashKey> key) {
    /** The default options: {@code [PERSON]}, an asterisk, 16 digits, and no key. */
    public static final OperatorOptions DEFAULT =
            new OperatorOptions("[" + RedactionOperator.LABEL + "]", "*", 16, Optional.empty());

    public OperatorOptions withNewValue(String value) {
        return new OperatorOptions(value, maskingChar, hashLength, key);
    }

    public OperatorOptions withMaskingChar(String value) {
        return new OperatorOptions(newValue, value, hashLength, key);
    }

    public OperatorOptions withHashLength(int value) {
        return new OperatorOptions(newValue, maskingChar, value, key);
    }

    public OperatorOptions withKey(HashKey value) {
        return new OperatorOptions(newValue, maskingChar, hashLength, Optional.of(value));
    }

    /**
     * Makes an operator.
     *
     * @throws PipelineException if the options lack what the operator needs, such as a key
     */
    public RedactionOperator operator(OperatorKind kind) {
        return switch (kind) {
            case REPLACE -> new RedactionOperator.Replace(newValue);
            case NUMBER -> new RedactionOperator.Number();
            case HASH ->
                new RedactionOperator.Hash(
                        key.orElseThrow(() -> new PipelineException("hashes need a key: give a file that holds it, or"
                                + " the variable " + HashKey.VARIABLE + " of the environment")),
                        hashLength);
            case MASK -> new RedactionOperator.Mask(maskingChar);
            case REDACT -> new RedactionOperator.Remove();
            case KEEP -> new RedactionOperator.Keep();
        };
    }
}
