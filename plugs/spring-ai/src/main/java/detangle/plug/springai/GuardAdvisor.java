package detangle.plug.springai;

import detangle.pipelines.TextGuard;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.springframework.ai.chat.client.ChatClientRequest;
import org.springframework.ai.chat.client.ChatClientResponse;
import org.springframework.ai.chat.client.advisor.api.BaseAdvisor;
import org.springframework.ai.chat.client.advisor.api.CallAdvisor;
import org.springframework.ai.chat.client.advisor.api.CallAdvisorChain;
import org.springframework.ai.chat.client.advisor.api.StreamAdvisor;
import org.springframework.ai.chat.client.advisor.api.StreamAdvisorChain;
import org.springframework.ai.chat.messages.AssistantMessage;
import org.springframework.ai.chat.messages.Message;
import org.springframework.ai.chat.messages.ToolResponseMessage;
import org.springframework.ai.chat.messages.UserMessage;
import org.springframework.ai.chat.model.ChatResponse;
import org.springframework.ai.chat.model.Generation;
import reactor.core.publisher.Flux;

/**
 * Keeps prompts that a {@link TextGuard} finds, such as prompt injections, from a chat model, and answers in its place.
 * It reads all messages of users and all answers of tools in a prompt, of any length; messages of the system are the
 * program's own. Any number of threads may use one.
 */
public final class GuardAdvisor implements CallAdvisor, StreamAdvisor {
    private final TextGuard guard;
    private final String refusal;
    private final int order;

    /** Has the order 0, as Spring AI's {@code SafeGuardAdvisor}. */
    public GuardAdvisor(TextGuard guard, String refusal) {
        this(guard, refusal, 0);
    }

    /**
     * Refuses what the guard finds.
     *
     * @param refusal the answer to a prompt that is refused
     * @param order a larger number than that of an advisor that adds retrieved documents has these read too
     */
    public GuardAdvisor(TextGuard guard, String refusal, int order) {
        this.guard = guard;
        this.refusal = refusal;
        this.order = order;
    }

    @Override
    public ChatClientResponse adviseCall(ChatClientRequest request, CallAdvisorChain chain) {
        return isRefused(request) ? refused(request) : chain.nextCall(request);
    }

    /** Asks the guard on a thread that may wait. */
    @Override
    public Flux<ChatClientResponse> adviseStream(ChatClientRequest request, StreamAdvisorChain chain) {
        return Flux.defer(() -> isRefused(request) ? Flux.just(refused(request)) : chain.nextStream(request))
                .subscribeOn(BaseAdvisor.DEFAULT_SCHEDULER);
    }

    private boolean isRefused(ChatClientRequest request) {
        List<String> texts = request.prompt().getInstructions().stream()
                .flatMap(GuardAdvisor::texts)
                .toList();
        return guard.check(texts).stream().anyMatch(Optional::isPresent);
    }

    private static Stream<String> texts(Message message) {
        return switch (message) {
            case UserMessage user -> Stream.ofNullable(user.getText());
            case ToolResponseMessage tool ->
                tool.getResponses().stream().map(ToolResponseMessage.ToolResponse::responseData);
            default -> Stream.empty();
        };
    }

    private ChatClientResponse refused(ChatClientRequest request) {
        return ChatClientResponse.builder()
                .chatResponse(ChatResponse.builder()
                        .generations(List.of(new Generation(new AssistantMessage(refusal))))
                        .build())
                .context(request.context())
                .build();
    }

    @Override
    public String getName() {
        return "GuardAdvisor";
    }

    @Override
    public int getOrder() {
        return order;
    }
}
