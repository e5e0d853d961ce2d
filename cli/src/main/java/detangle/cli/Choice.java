package detangle.cli;

import detangle.cli.Failures.CliException;
import detangle.models.deberta.Architecture;
import detangle.models.deberta.Convention;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Collectors;

/** The values of {@code --head} and {@code --convention}. */
final class Choice {
    private Choice() {}

    static Optional<Architecture> head(Optional<String> name) {
        return name.map(n -> Architecture.named(n)
                .orElseThrow(() -> new CliException("there is no head '" + n + "'; there are "
                        + Arrays.stream(Architecture.values())
                                .map(Architecture::text)
                                .collect(Collectors.joining(", ")))));
    }

    static Optional<Convention> convention(Optional<String> name) {
        return name.map(n -> Convention.named(n)
                .orElseThrow(() -> new CliException("there is no convention '" + n + "'; there are "
                        + Arrays.stream(Convention.values())
                                .map(Convention::text)
                                .collect(Collectors.joining(", ")))));
    }
}
