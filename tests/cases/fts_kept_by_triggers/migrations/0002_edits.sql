UPDATE posts SET body = 'omega' WHERE id = 1;
DELETE FROM posts WHERE id = 3;
