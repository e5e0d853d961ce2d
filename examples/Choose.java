import detangle.hub.Hub;
import detangle.pipelines.MultipleChoice;
import java.util.List;

/** Which of several texts goes on with another. */
void main(String[] args) {
    List<String> choices = List.of("She blocks it.", "She eats it.", "She sings to it.");
    try (MultipleChoice chooser = MultipleChoice.load(Hub.model(args[0]))) {
        chooser.choose("Ada has lost her card.", choices)
                .forEach(c -> IO.println("%.2f %s".formatted(c.score(), c.choice())));
    }
}
