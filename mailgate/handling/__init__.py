"""What becomes of one mail or command: facts gathered, the decision carried out."""
