package detangle.plug.langchain4j;

import detangle.pipelines.TextGuard;
import dev.langchain4j.model.moderation.Moderation;
import dev.langchain4j.model.moderation.ModerationModel;
import dev.langchain4j.model.moderation.ModerationRequest;
import dev.langchain4j.model.moderation.ModerationResponse;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Flags texts that a {@link TextGuard} finds, for LangChain4j's {@code @Moderate}. Texts of any length are read whole.
 * Any number of threads may use one.
 */
public final class DetangleModerationModel implements ModerationModel {
    private final TextGuard guard;

    /** Flags what the guard finds. */
    public DetangleModerationModel(TextGuard guard) {
        this.guard = guard;
    }

    /** Returns the first text that the guard finds, or that it finds none. */
    @Override
    public ModerationResponse doModerate(ModerationRequest request) {
        List<String> texts = request.texts();
        var findings = guard.check(texts);
        Moderation moderation = IntStream.range(0, texts.size())
                .filter(i -> findings.get(i).isPresent())
                .mapToObj(i -> Moderation.flagged(texts.get(i)))
                .findFirst()
                .orElseGet(Moderation::notFlagged);
        return ModerationResponse.builder().moderation(moderation).build();
    }
}
