import detangle.hub.Hub;
import detangle.pipelines.QuestionAnswerer;
import detangle.pipelines.QuestionOptions;

/** The part of a text that answers a question, or none. */
void main(String[] args) {
    String context = "A new card is sent within two days. It is blocked until you confirm that it has arrived.";
    QuestionOptions options = QuestionOptions.DEFAULT.withHandleImpossibleAnswer(true);
    try (QuestionAnswerer answerer = QuestionAnswerer.load(Hub.model(args[0]))) {
        var answer = answerer.answer("When is a card sent?", context, options).getFirst();
        IO.println("'%s' %.2f".formatted(answer.answer(), answer.score()));
    }
}
