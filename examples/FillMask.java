import detangle.hub.Hub;
import detangle.pipelines.MaskFiller;

/** The likeliest words behind a mask. */
void main(String[] args) {
    try (MaskFiller filler = MaskFiller.load(Hub.model(args[0]))) {
        filler.fill("The capital of Italy is [MASK].", 3)
                .getFirst()
                .forEach(p -> IO.println("%s %.2f".formatted(p.tokenStr(), p.score())));
    }
}
