package detangle.cli;

import detangle.models.text.Truncation;
import detangle.pipelines.PipelineOptions;
import java.util.Map;
import java.util.Optional;
import java.util.Stack;
import picocli.CommandLine.IParameterPreprocessor;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

/** The option to cut texts that are too long, and which of a pair. */
final class TruncationOption {
    /** The value of the option where none is given. */
    private static final String DEFAULT = "longest_first";

    /** The words of {@code --truncation}. */
    static final class Strategies extends NamedValues<Truncation.Strategy> {
        Strategies() {
            super(all(Truncation.Strategy.class), Truncation.Strategy::text);
        }
    }

    /**
     * A value stands behind an equals sign, as the next word is a text. Only tokenize once had the strategy there, and
     * still takes it where the next word is one.
     */
    static final class BehindEquals implements IParameterPreprocessor {
        @Override
        public boolean preprocess(Stack<String> rest, CommandSpec spec, ArgSpec argument, Map<String, Object> info) {
            if ("=".equals(info.get("separator"))) {
                return false;
            }
            String next = rest.isEmpty() ? "" : rest.peek();
            if (spec.name().equals(TokenizeCommand.NAME)
                    && Truncation.Strategy.named(next).isPresent()) {
                spec.commandLine()
                        .getErr()
                        .println("detangle: --truncation " + next + " is the old spelling of --truncation=" + next);
                return false;
            }
            rest.push(DEFAULT);
            return false;
        }
    }

    @Option(
            names = "--truncation",
            paramLabel = "STRATEGY",
            arity = "0..1",
            fallbackValue = DEFAULT,
            converter = Strategies.class,
            completionCandidates = Strategies.class,
            preprocessor = BehindEquals.class,
            description = "Cut texts that are longer than the model takes, with a warning. The value says which"
                    + " text of a pair is cut: ${COMPLETION-CANDIDATES}, the first by default.")
    private Optional<Truncation.Strategy> strategy;

    Optional<Truncation.Strategy> strategy() {
        return strategy;
    }

    /** Returns the options with what is said of cutting. */
    PipelineOptions of(PipelineOptions options) {
        return strategy.map(options::withTruncation).orElse(options);
    }
}
