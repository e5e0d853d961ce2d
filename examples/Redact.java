import detangle.hub.Hub;
import detangle.pipelines.DetectionOptions;
import detangle.pipelines.Redactor;
import detangle.pipelines.redaction.Redaction;
import detangle.pipelines.redaction.RedactionOperator;
import detangle.pipelines.redaction.RedactionPolicy;
import java.util.List;

/** A text without the people and the cards in it: people get numbers, cards are masked. */
void main(String[] args) {
    DetectionOptions wanted = DetectionOptions.DEFAULT.withLabels(List.of("person", "credit card number"));
    RedactionPolicy policy = RedactionPolicy.of(new RedactionOperator.Number())
            .with("credit card number", new RedactionOperator.Mask("*"));
    try (Redactor redactor = Redactor.load(Hub.model(args[0]))) {
        Redaction redaction = redactor.redact("Ada paid with 4000 1234 5678 9010. Ada is glad.", wanted, policy);
        IO.println(redaction.text());
        redaction.parts().forEach(p -> IO.println("%s: %d to %d".formatted(p.label(), p.start(), p.end())));
    }
}
