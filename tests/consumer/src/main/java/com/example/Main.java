package com.example;

import detangle.hub.Hub;
import detangle.pipelines.Classification;
import detangle.pipelines.TextClassifier;

public class Main {
    public static void main(String[] args) {
        // A folder, or a name on the hub.
        try (TextClassifier classifier = TextClassifier.load(Hub.model("models/pretrained/banking77-small"))) {
            Classification best = classifier.classify("Where is my card?").getFirst();
            System.out.println(best.label() + " " + best.score());
        }
    }
}
