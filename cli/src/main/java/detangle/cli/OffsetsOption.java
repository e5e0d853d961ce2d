package detangle.cli;

import detangle.pipelines.task.AnswerForm;
import detangle.pipelines.task.AnswerForm.Offsets;
import picocli.CommandLine.Option;

/** The option for the units of places in texts, of commands that find parts of texts. */
final class OffsetsOption {
    /** The words of {@code --offsets}. */
    static final class Units extends NamedValues<Offsets> {
        Units() {
            super(all(Offsets.class), NamedValues::lowerCase);
        }
    }

    @Option(
            names = "--offsets",
            paramLabel = "UNIT",
            converter = Units.class,
            completionCandidates = Units.class,
            description = "The unit of start and end: ${COMPLETION-CANDIDATES}. code_points, the default, counts as"
                    + " Python does, and utf_16 as Java and JavaScript do.")
    private Offsets offsets = Offsets.CODE_POINTS;

    /** Returns how answers are written. */
    AnswerForm form() {
        return new AnswerForm(Result::rounded, offsets);
    }
}
