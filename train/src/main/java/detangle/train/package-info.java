/** Training of models: what a user of the Java API sees of it. */
package detangle.train;
