import detangle.hub.Hub;
import detangle.pipelines.TextRanker;
import java.util.List;

/** Documents in the order in which they answer a query. */
void main(String[] args) {
    List<String> documents = List.of("Exchange rates change daily.", "Cards are sent by post.", "We are open on Monday.");
    try (TextRanker ranker = TextRanker.load(Hub.model(args[0]))) {
        ranker.rank("How will I get my card?", documents)
                .forEach(d -> IO.println("%.2f %s".formatted(d.score(), d.text())));
    }
}
