package detangle.cli;

import detangle.pipelines.PipelineException;
import detangle.pipelines.redaction.CounterScope;
import detangle.pipelines.redaction.HashKey;
import detangle.pipelines.redaction.OperatorKind;
import detangle.pipelines.redaction.OperatorOptions;
import detangle.pipelines.redaction.RedactionOperator;
import detangle.pipelines.redaction.RedactionPolicy;
import detangle.runtime.OptionValues;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The options of redact's operators, by the names that Presidio has for them. */
final class OperatorArguments {
    @Spec(Spec.Target.MIXEE)
    private CommandSpec spec;

    @Option(
            names = "--new-value",
            paramLabel = "TEXT",
            description =
                    "The text that replace writes; {label} stands for the name of the kind. [{label}] by" + " default.")
    private Optional<String> newValue;

    @Option(names = "--masking-char", paramLabel = "C", description = "The character that mask writes; * by default.")
    private Optional<String> maskingChar;

    @Option(
            names = "--hash-length",
            paramLabel = "N",
            description = "The number of hexadecimal digits of a hash, 8 to 64; 16 by default.")
    private Optional<Integer> hashLength;

    @Option(
            names = "--hash-key-file",
            paramLabel = "FILE",
            description = "The file with the key of hashes, at least 16 bytes; by default the variable "
                    + HashKey.VARIABLE + " has it.")
    private Optional<Path> keyFile;

    /**
     * Returns what is done with what is found.
     *
     * @throws ParameterException if options do not go together
     * @throws PipelineException if there is no key for hashes
     */
    RedactionPolicy policy(OperatorKind standard, List<String> byLabel, CounterScope counters) {
        OperatorOptions named = OptionValues.with(
                OptionValues.with(OperatorOptions.DEFAULT, newValue, OperatorOptions::withNewValue),
                maskingChar,
                OperatorOptions::withMaskingChar);
        OperatorOptions sized = OptionValues.with(named, hashLength, OperatorOptions::withHashLength);
        // A variable that nothing needs may hold anything.
        boolean hashes = standard == OperatorKind.HASH
                || byLabel.stream().anyMatch(s -> s.toLowerCase(Locale.ROOT).endsWith("hash"));
        Optional<HashKey> key =
                keyFile.map(HashKey::read).or(() -> hashes ? HashKey.ofEnvironment() : Optional.empty());
        OperatorOptions options = OptionValues.with(sized, key, OperatorOptions::withKey);
        RedactionPolicy policy;
        try {
            policy = RedactionPolicy.of(standard, byLabel, counters, options);
        } catch (PipelineException e) {
            throw new ParameterException(spec.commandLine(), e.getMessage());
        }
        requireUse(policy, newValue, "--new-value", RedactionOperator.Replace.class);
        requireUse(policy, maskingChar, "--masking-char", RedactionOperator.Mask.class);
        requireUse(policy, hashLength, "--hash-length", RedactionOperator.Hash.class);
        requireUse(policy, keyFile, "--hash-key-file", RedactionOperator.Hash.class);
        return policy;
    }

    private void requireUse(
            RedactionPolicy policy, Optional<?> value, String option, Class<? extends RedactionOperator> operator) {
        boolean used = Stream.concat(Stream.of(policy.standard()), policy.byLabel().values().stream())
                .anyMatch(operator::isInstance);
        if (value.isPresent() && !used) {
            throw new ParameterException(
                    spec.commandLine(),
                    option + " is for the operator " + operator.getSimpleName().toLowerCase(Locale.ROOT)
                            + ", which nothing names: say it with --operator or leave out " + option);
        }
    }
}
