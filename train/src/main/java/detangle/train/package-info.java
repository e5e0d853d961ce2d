/** Training of models: the part that users of the Java API call. */
package detangle.train;
