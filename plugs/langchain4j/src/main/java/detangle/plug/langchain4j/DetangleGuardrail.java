package detangle.plug.langchain4j;

import detangle.pipelines.TextGuard;
import dev.langchain4j.data.message.TextContent;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.guardrail.InputGuardrail;
import dev.langchain4j.guardrail.InputGuardrailResult;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Keeps messages that a {@link TextGuard} finds, such as prompt injections, from a LangChain4j service's chat model. It
 * reads all text of a message, of any length; what was retrieved for the message is part of it. Images and sounds are
 * not looked at. Any number of threads may use one.
 */
public final class DetangleGuardrail implements InputGuardrail {
    private final TextGuard guard;

    /** Refuses what the guard finds. */
    public DetangleGuardrail(TextGuard guard) {
        this.guard = guard;
    }

    /** Ends the call with a fatal result that names the label, or lets the message pass. */
    @Override
    public InputGuardrailResult validate(UserMessage message) {
        List<String> texts = message.contents().stream()
                .filter(TextContent.class::isInstance)
                .map(content -> ((TextContent) content).text())
                .toList();
        return guard.check(texts).stream()
                .flatMap(Optional::stream)
                .findFirst()
                .map(finding -> fatal(String.format(
                        Locale.ROOT, "the message is refused as %s (%.2f)", finding.label(), finding.score())))
                .orElseGet(this::success);
    }
}
